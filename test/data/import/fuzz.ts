/** What an import of a generated file must come to: equal rows, or an error a person can act on, and nothing between. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { importData, type Imported } from "../../../src/data/import/import.js";
import { readImported } from "../../../src/data/import/read.js";
import {
  meantRows,
  writeDamagedFile,
  writeDamagedLine,
  writeRows,
  type FuzzFile,
  type MeantRow,
} from "../../support/import-fuzz.js";

/** Faults of one seed, in sentences. `dir`: where files are written. */
export async function faultsOf(seed: number, dir: string): Promise<readonly string[]> {
  const rows = meantRows(seed);
  const kind = seed % 4;
  if (kind < 2) {
    const file = await writeRows(rows, dir, seed);
    const found = await imported(file, dir);
    if (found instanceof Error) return [`${file.said}: refused: ${found.message}`];
    return differences(rows.map(textOf), await rowsOf(found)).map((fault) => `${file.said}: ${fault}`);
  }
  const file = kind === 2 ? writeDamagedLine(rows, dir, seed) : await writeDamagedFile(rows, dir, seed);
  const found = await imported(file, dir);
  if (found instanceof Error) return unnamed(found, file).map((fault) => `${file.said}: ${fault}`);
  const faults: string[] = [];
  const aside = Object.values(found.quarantined).reduce((sum, n) => sum + n, 0);
  if (found.kept + aside !== found.rows) faults.push(`${found.kept} kept and ${aside} set aside of ${found.rows} rows`);
  if (!("line" in file)) return faults;
  const plain = (text: string): string => text.replace(/["\\\t,;|\r\n]/g, "_");
  const others = rows.filter((_, i) => i !== file.line);
  const meant = others.map((row) => textOf({ ...row, user: plain(row.user), item: plain(row.item) }));
  const lost = differences(meant, await rowsOf(found)).filter((fault) => fault.startsWith("lost"));
  return [...faults, ...lost].map((fault) => `${file.said}: ${fault}`);
}

async function imported({ options }: FuzzFile, dir: string): Promise<Imported | Error> {
  return importData({ ...options, root: join(dir, "artifacts") }).catch((error: unknown) => error as Error);
}

/** Why an error is not one a person can act on: it is the database's or the program's own, or names no file. */
function unnamed(error: Error, { path }: FuzzFile): readonly string[] {
  const { name, message } = error;
  const raw = /\b[A-Z]\w+( [A-Z]\w+)* Error|LINE \d+:|SELECT|undefined|\[object|JavaScript|E[A-Z]{4,}:/.test(message);
  if (!["Error", "RangeError"].includes(name) || raw || message.length > 1_500) return [`${name}: ${message}`];
  return message.includes(basename(path)) ? [] : [`names no file: ${message}`];
}

const textOf = ({ user, item, ms, rating, like }: MeantRow): string =>
  JSON.stringify([user.trim(), item.trim(), ms, rating, like]);

async function rowsOf({ dir }: Imported): Promise<readonly string[]> {
  const { interactions: all, userFields, videoFields } = await readImported(dir);
  const { midnight } = JSON.parse(readFileSync(join(dir, "import.json"), "utf8")) as { midnight: number };
  const key = (fields: typeof userFields, id: number): string => fields[0]!.words[fields[0]!.code[id]!]!;
  return Array.from({ length: all.count }, (_, i) =>
    textOf({
      user: key(userFields, all.user[i]!),
      item: key(videoFields, all.video[i]!),
      ms: midnight + all.day[i]! * 86_400_000 + all.timeMs[i]!,
      rating: all.rating[i]!,
      like: all.like[i]!,
    }),
  );
}

function differences(meant: readonly string[], found: readonly string[]): readonly string[] {
  const left = [...found];
  const lost = meant.filter((row) => {
    const at = left.indexOf(row);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const some = (what: string, rows: readonly string[]): string[] =>
    rows.length === 0 ? [] : [`${what} ${rows.length}: ${rows.slice(0, 3).join(" ")}`];
  return [...some("lost", lost), ...some("made up", left)];
}
