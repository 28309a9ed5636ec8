// The person's own copies of notebooks/ (and of the example policies and models), in a folder that git ignores: running and saving them
// leaves the checkout clean. A copy that nobody changed follows its original; one that was run or edited is kept until it is refreshed.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { at } from "../setup/paths.mjs";

/** Where `npm run lab` opens. */
export const ownFolder = at("my-notebooks");

/**
 * Brings the copies up to date; with `refresh`, changed ones too, each kept beside as `<name>.old.<ext>`. Returns the names of the files
 * copied, and of changed copies whose original is newer (`kept`).
 */
export function copyNotebooks({ from = at("notebooks"), to = ownFolder, refresh = false } = {}) {
  const record = path.join(to, ".copied.json"); // sums of the copies as they were made
  const sums = existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : {};
  const [copied, kept] = [[], []];
  for (const name of filesOf(from)) {
    const [original, copy] = [path.join(from, name), path.join(to, name)];
    const sum = sumOf(original);
    const own = existsSync(copy) ? sumOf(copy) : undefined;
    const changed = own !== undefined && own !== sums[name];
    if (own === sum) sums[name] = sum;
    else if (changed && !refresh) {
      if (sums[name] !== sum) kept.push(name);
    } else {
      if (changed) renameSync(copy, copy.replace(/(\.\w+)$/, ".old$1"));
      mkdirSync(path.dirname(copy), { recursive: true });
      cpSync(original, copy);
      sums[name] = sum;
      copied.push(name);
    }
  }
  mkdirSync(to, { recursive: true });
  writeFileSync(record, `${JSON.stringify(sums, null, 1)}\n`);
  return { copied, kept };
}

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter(
      (name) =>
        !name.split(path.sep).some((part) => part.startsWith(".")) && statSync(path.join(folder, name)).isFile(),
    )
    .sort();

const sumOf = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
