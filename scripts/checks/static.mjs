// The checks that run nothing: format, types, lint, import directions, exports without a user. Each gives `{ passed, failed, skipped,
// output }`.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { at, dist, root } from "../setup/paths.mjs";
import { run } from "../setup/run.mjs";

const bin = (...parts) => at("node_modules", ...parts);
const verdict = (ok, output) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, output: ok ? "" : output });

export async function types() {
  const tsc = await run(
    process.execPath,
    [bin("typescript", "bin", "tsc"), "-p", "tsconfig.check.json", "--pretty", "false"],
    { cwd: root },
  );
  const checked = verdict(tsc.code === 0, tsc.output);
  const unreadable = newerThanNotebooks();
  if (unreadable.length > 0)
    return { ...checked, failed: checked.failed + 1, output: `${checked.output}${unreadable.join("\n")}\n` };
  return { ...checked, passed: checked.passed + 1 };
}

/** Declarations which the notebooks' TypeScript 5.0 would silently read as `any`: typed arrays became generic in 5.7. */
export function newerThanNotebooks(folder = dist) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    readFileSync(path.join(folder, name), "utf8")
      .split("\n")
      .forEach((line, i) => {
        const hit = /\b(?:(?:Uint|Int|Float|BigInt|BigUint)\d+(?:Clamped)?Array|Buffer|DataView)<[^>]*>/.exec(line);
        if (hit)
          found.push(
            `dist/${name}:${i + 1}: ${hit[0]} is \`any\` in a notebook; give the export an explicit type, ${hit[0].split("<")[0]}`,
          );
      });
  }
  return found;
}

export async function format() {
  const prettier = await run(
    process.execPath,
    [
      bin("prettier", "bin", "prettier.cjs"),
      "--check",
      "--log-level",
      "warn",
      "src",
      "test",
      "bench",
      "scripts",
      "kernel",
    ],
    { cwd: root },
  );
  return verdict(prettier.code === 0, `${prettier.output}run: npx prettier --write src test bench scripts kernel\n`);
}

export async function lint() {
  const eslint = await run(
    process.execPath,
    [bin("eslint", "bin", "eslint.js"), ".", "--max-warnings", "0", "--no-color"],
    { cwd: root },
  );
  return verdict(eslint.code === 0, eslint.output);
}

export async function imports() {
  const cruise = await run(
    process.execPath,
    [
      bin("dependency-cruiser", "bin", "dependency-cruise.mjs"),
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "err-long",
      "src",
    ],
    {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1" },
    },
  );
  return verdict(cruise.code === 0, cruise.output);
}

/** Files and exports of src/ that nobody uses. What a job calls by its name is tagged `@public`. */
export async function unused() {
  const knip = await run(
    process.execPath,
    [bin("knip", "bin", "knip.js"), "--no-progress", "--include", "files,exports,types,duplicates"],
    { cwd: root, env: { ...process.env, NO_COLOR: "1" } },
  );
  return verdict(knip.code === 0, knip.output);
}
