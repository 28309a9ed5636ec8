/** Generated files of interactions, ways to write the same rows, and ways to damage them; all by hashes of a seed. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImportOptions } from "../../src/data/import/import.js";
import { copyTo, openDatabase } from "../../src/log/database.js";
import { hash32, keyOf } from "../../src/random.js";

/** A row as it is meant. */
export interface MeantRow {
  readonly user: string;
  readonly item: string;
  readonly ms: number;
  readonly rating: number;
  readonly like: number;
}

/** A file on disk, and how to import it. */
export interface FuzzFile {
  readonly path: string;
  readonly said: string; // how it was written
  readonly options: Omit<ImportOptions, "root">;
}

/** Successive draws of a seed. */
export function drawsOf(seed: number): { below(n: number): number; one<T>(list: readonly T[]): T } {
  const key = keyOf(seed, "import fuzz");
  let drawn = 0;
  const below = (n: number): number => hash32(key, drawn++) % n;
  return { below, one: (list) => list[below(list.length)]! };
}

const names = [
  [
    "u",
    "user ",
    "Ünï",
    "漢字",
    "🎬",
    'weird "al"',
    "o'brien",
    "a,b",
    "x;y",
    "p|q",
    "007-",
    "-",
    "%s",
    "{}",
    "\\n",
    "é=",
    "DROP",
  ],
  ["v", "video ", "Ärger", "фильм", "", "00", "a\tb", "café", "#", "$1", "it's", '"', "c:\\d", "item_id", "1e", "x="],
] as const;

/** Rows of a seed: ids of all kinds, no two rows of one user at one time. */
export function meantRows(seed: number): readonly MeantRow[] {
  const { below, one } = drawsOf(seed);
  const start = Date.UTC(2005 + below(15), below(12), 1 + below(28), below(24), below(60), below(60));
  const [users, items] = names.map((list) => Array.from({ length: 3 + below(8) }, (_, i) => `${one(list)}${i}`));
  return Array.from({ length: 40 + below(30) }, (_, i) => ({
    user: one(users!),
    item: one(items!),
    ms: start + i * 600_000 + below(600) * 1000,
    rating: below(5) + one([0, 0.5, 0.25, 0.125]),
    like: below(2),
  }));
}

const iso = (ms: number): string => new Date(ms).toISOString();
/** Ways to write a time, whole seconds in each. */
const times: readonly ((ms: number) => string)[] = [
  (ms) => iso(ms),
  (ms) => iso(ms).slice(0, 19).replace("T", " "),
  (ms) => iso(ms + 7_200_000).replace(".000Z", "+02:00"),
  (ms) => String(ms / 1000),
  (ms) => String(ms),
  (ms) => `${ms}000`,
];
const flags = [["0", "1"], ["false", "true"], ["no", "yes"], ["False", "True"]] as const; // prettier-ignore
/** Names of columns, some of them ours or the database's. */
const titles = [
  "who",
  "user_id",
  "key",
  "Row_Number",
  "copy",
  "what is it",
  "größe",
  "select",
  "c0",
  "file",
  "a.b",
  "x[y]",
  "'q'",
];

/** Writes rows in a form that is drawn: separator, quotes, line ends, order of columns, encoding, packing. */
export async function writeRows(rows: readonly MeantRow[], dir: string, seed: number): Promise<FuzzFile> {
  const draws = drawsOf(seed);
  const { table, mapping } = tableOf(rows, draws);
  const { below, one } = draws;
  if (below(8) === 0) return writeParquet(table, mapping, join(dir, `rows ${seed}.parquet`));
  const separator = one([",", ",", ";", "\t", "|"]);
  const [always, ends] = [below(2) === 0, one(["\n", "\r\n", "\r"])];
  const cell = (text: string): string =>
    always || new RegExp(`["\\n\\r${separator}]|^ | $`).test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = table.map((row) => row.map(cell).join(separator));
  if (below(4) === 0) lines.splice(1 + below(lines.length), 0, "");
  const text = lines.join(ends) + one(["", ends]);
  const narrow = [...text].every((letter) => letter <= "\x7f" || (letter >= "\xa0" && letter <= "\xff"));
  const encoding = one(["utf-8", "utf-8 with a mark", "utf-16le", "utf-16be", ...(narrow ? ["windows-1252"] : [])]);
  const packed = below(3) === 0;
  const bytes = encoded(text, encoding);
  const path = join(dir, `rows ${seed}.csv${packed ? ".gz" : ""}`);
  writeFileSync(path, packed ? gzipSync(bytes) : bytes);
  const named = encoding === "windows-1252" || (encoding.startsWith("utf-16") && below(2) === 0);
  return {
    path,
    said: JSON.stringify({ separator, always, ends, encoding, packed, titles: table[0] }),
    options: {
      path,
      mapping,
      ...(named && { encoding }),
      ...(below(3) === 0 && { separator }),
    },
  };
}

type Draws = ReturnType<typeof drawsOf>;

/** A header and cells, the columns in an order that is drawn, one of them not mapped. */
function tableOf(rows: readonly MeantRow[], { below, one }: Draws): { table: string[][]; mapping: Mapping } {
  const [time, flag] = [one(times), one(flags)];
  const columns: [keyof Mapping | "", (row: MeantRow) => string][] = [
    ["user", ({ user }) => user],
    ["item", ({ item }) => item],
    ["time", ({ ms }) => time(ms)],
    ["rating", ({ rating }) => String(rating)],
    ["like", ({ like }) => flag[like]!],
    ["", ({ ms }) => one(["", "note", 'he said "no"', "one\ntwo", "1,5", `${ms}`])],
  ];
  const named = columns.map(([field, write], c) => ({
    field,
    write,
    title: `${titles[(below(titles.length) + c) % titles.length]!}${c}`,
  }));
  for (let i = named.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [named[i], named[j]] = [named[j]!, named[i]!];
  }
  const mapping = Object.fromEntries(named.flatMap(({ field, title }) => (field === "" ? [] : [[field, title]])));
  return {
    table: [named.map(({ title }) => title), ...rows.map((row) => named.map(({ write }) => write(row)))],
    mapping: mapping as unknown as Mapping,
  };
}

type Mapping = NonNullable<ImportOptions["mapping"]>;

async function writeParquet(table: readonly string[][], mapping: Mapping, path: string): Promise<FuzzFile> {
  const database = await openDatabase();
  try {
    const [header, ...cells] = table;
    const columns = header!.map((_, c) => ({
      name: `c${c}`,
      type: "VARCHAR" as const,
      values: cells.map((row) => row[c]!),
    }));
    await database.putTable("written", columns);
    const select = header!.map((title, c) => `c${c} AS "${title}"`).join(", ");
    await database.exec(copyTo(`(SELECT ${select} FROM written)`, path));
  } finally {
    database.close();
  }
  return { path, said: "Parquet", options: { path, mapping } };
}

function encoded(text: string, encoding: string): Buffer {
  if (encoding === "windows-1252") return Buffer.from(text, "latin1");
  if (encoding === "utf-8 with a mark") return Buffer.from(`\ufeff${text}`);
  if (encoding === "utf-16le") return Buffer.from(`\ufeff${text}`, "utf16le");
  return encoding === "utf-16be" ? Buffer.from(`\ufeff${text}`, "utf16le").swap16() : Buffer.from(text);
}

/** Damages within one line: all other lines still mean what they meant. Cells are between commas, none of them in quotes. */
const lineDamages: readonly ((line: string, draws: Draws) => string)[] = [
  (line, { below }) => line.slice(0, below(line.length)),
  (line, { below }) => inserted(line, below(line.length), '"'),
  (line, { below }) => inserted(line, below(line.length), ","),
  (line, { below }) => inserted(line, below(line.length), "\0"),
  (line, { below }) => inserted(line, below(line.length), "\ufffd\u202e"),
  (line, { below }) => inserted(line, below(line.length), "9".repeat(400)),
  (line, { below }) => inserted(line, below(line.length), "x".repeat(70_000)),
  (line) => line.split("").reverse().join(""),
  () => '"',
  () => ",,,,,",
  (line) => `${line}\n${line}`,
];

/** What stands in a cell instead of its value, one column in five each. */
const oddCells = [
  "",
  "NaN",
  "null",
  "-1",
  "1e308",
  "1e999",
  '"4,5"',
  "9999-12-31",
  "1",
  "TRUE",
  "0x1F",
  "1.5.2",
  "١",
  "1.0",
  " 7 ",
];

function damagedCell(line: string, { below, one }: Draws): string {
  const cells = line.split(",");
  cells[below(cells.length)] = one(oddCells);
  return cells.join(",");
}

/** Damages of all bytes of a file. */
const byteDamages: readonly ((bytes: Buffer, draws: Draws) => Buffer)[] = [
  (bytes, { below }) => bytes.subarray(0, below(bytes.length)),
  (bytes, { below }) => {
    const flipped = Buffer.from(bytes);
    const at = below(bytes.length);
    flipped[at] = flipped[at]! ^ (1 << below(8));
    return flipped;
  },
  (bytes, { below }) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(40))]);
  },
  (bytes, { below }) => Buffer.from(bytes.map((byte) => (below(50) === 0 ? below(256) : byte))),
  (bytes) => gzipSync(bytes).subarray(0, -20),
  (bytes) => Buffer.concat([gzipSync(bytes), Buffer.from("more")]),
  (bytes) => Buffer.concat([Buffer.from("PAR1"), bytes]),
  (bytes) => Buffer.concat([Buffer.from([0xff, 0xfe]), bytes]),
  (bytes) => Buffer.from(bytes).fill(0),
  () => Buffer.alloc(0),
  (bytes, { below }) => Buffer.from(bytes.map(() => below(256))),
];

/** Rows with one damaged line, between commas; `line` from 0 is the row that may be lost. */
export function writeDamagedLine(
  rows: readonly MeantRow[],
  dir: string,
  seed: number,
): FuzzFile & { readonly line: number } {
  const draws = drawsOf(seed);
  const line = draws.below(rows.length);
  const plain = (text: string): string => text.replace(/["\\\t,;|\r\n]/g, "_");
  const lines = rows.map((row) => [plain(row.user), plain(row.item), iso(row.ms), row.rating, row.like].join(","));
  const damage = draws.below(2 * lineDamages.length); // as many in a cell as in a line
  lines[line] = (lineDamages[damage] ?? damagedCell)(lines[line]!, draws);
  const path = join(dir, `line ${seed}.csv`);
  writeFileSync(path, `who,what,at,stars,liked\n${lines.join("\n")}\n`);
  return {
    path,
    line,
    said: `damage ${damage}: ${lines[line]!.slice(0, 200)}`,
    options: { path, mapping: plainMapping },
  };
}

const plainMapping = { user: "who", item: "what", time: "at", rating: "stars", like: "liked" };

/** Rows written in a drawn form, then damaged anywhere. */
export async function writeDamagedFile(rows: readonly MeantRow[], dir: string, seed: number): Promise<FuzzFile> {
  const draws = drawsOf(seed + 1_000_000);
  const file = await writeRows(rows, dir, seed);
  const damage = draws.below(byteDamages.length);
  writeFileSync(file.path, byteDamages[damage]!(readFileSync(file.path), draws));
  return { ...file, said: `damage ${damage} of ${file.said}` };
}

function inserted(text: string, at: number, more: string): string {
  return text.slice(0, at) + more + text.slice(at);
}
