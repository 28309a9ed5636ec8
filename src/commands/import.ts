/** The verb `import`: one's own interactions, or a public data set's, as the tables of a log. */
import { Option } from "commander";
import { importData, layoutNames, type ColumnMapping, type ImportOptions, type LayoutName } from "../data/index.js";
import type { RunControl } from "../types.js";
import { projectRoot } from "../pipeline/setting.js";
import { collect, integer, orUsageError, usageFault } from "./options.js";
import type { Answer } from "./run.js";
import { pathVerb } from "./verb.js";

/** What is typed. `map`: `field=column` each. */
export interface ImportCliOptions {
  readonly path: string;
  readonly layout?: string;
  readonly map?: readonly string[];
  readonly positiveFrom?: string;
  readonly separator?: string;
  readonly header?: boolean;
  readonly encoding?: string;
  readonly zone?: string;
  readonly timeFormat?: string;
  readonly kCore?: string;
  readonly out?: string;
}

export const importOwn = pathVerb({
  name: "import",
  description:
    "your own interactions as a log: MovieLens, KuaiRand, KuaiRec and RecBole folders, or a Parquet or CSV file with --map",
  path: "folder or file",
  options: [
    new Option("--layout <name>", "the layout, instead of recognising it from the files").choices(layoutNames),
    new Option(
      "--map <field=column>",
      "which column holds what (may be repeated), e.g. --map user=uid --map item=vid --map time=ts",
    )
      .argParser(collect)
      .default([]),
    new Option("--positive-from <rating>", "ratings from here on count as a click (default: 4)"),
    new Option("--separator <text>", "what is between two fields: , ; | tab (default: found from the file)"),
    new Option("--no-header", "no line names the columns: --map user=1 --map item=2 …"),
    new Option(
      "--encoding <name>",
      "of text files, e.g. windows-1252 or utf-16le (default: found from the file, else utf-8)",
    ),
    new Option(
      "--time-format <pattern>",
      "how times are written: s, ms, us, ns, or e.g. %d/%m/%Y %H:%M (default: found from each value)",
    ),
    new Option("--zone <name>", "time zone of times that name none, e.g. Europe/Berlin (default: UTC)"),
    new Option("--k-core <integer>", "only users and items that have at least this many rows"),
    new Option("--out <folder>", "folder of artifacts (default: datasets/)"),
  ],
  read(typed: Omit<ImportCliOptions, "path">) {
    orUsageError(() => importOptions({ ...typed, path: "" }));
    return typed;
  },
  run: (path, typed, control) => importVerb({ ...typed, path }, control),
});

const fields = [
  "user",
  "item",
  "time",
  "rating",
  "click",
  "watchMs",
  "durationMs",
  "like",
  "share",
  "hide",
  "follow",
  "propensity",
  "split",
] as const;

/** @throws RangeError on words of another form */
function columnMapping(words: readonly string[]): ColumnMapping | undefined {
  if (words.length === 0) return undefined;
  const mapping: Partial<Record<(typeof fields)[number], string>> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    const field = fields.find((name) => name === word.slice(0, Math.max(0, at)));
    if (at === word.length - 1 || field === undefined)
      throw new RangeError(`invalid --map: ${word}; allowed: field=column with a field of ${fields.join(", ")}`);
    if (mapping[field] !== undefined)
      throw new RangeError(`invalid --map: ${word}; ${field} is ${mapping[field]} already`);
    mapping[field] = word.slice(at + 1);
  }
  if (mapping.user === undefined || mapping.item === undefined)
    throw new RangeError(`invalid --map: ${words.join(" ")}; allowed: at least user=column and item=column`);
  return mapping as ColumnMapping;
}

/** What was typed, as `importData` takes it. @throws RangeError naming the option, what was typed and what is allowed */
export function importOptions(words: ImportCliOptions): Omit<ImportOptions, "control"> {
  const mapping = columnMapping(words.map ?? []);
  const { path, layout, positiveFrom, separator, header, encoding, zone, timeFormat, kCore } = words;
  if (positiveFrom !== undefined && !/^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$/.test(positiveFrom))
    throw new RangeError(`invalid --positive-from: ${positiveFrom}; allowed: a number`);
  const time = { ...(zone !== undefined && { zone }), ...(timeFormat !== undefined && { format: timeFormat }) };
  return {
    path,
    root: words.out ?? process.env["STAGECRAFT_DATASETS"] ?? `${projectRoot}/datasets`,
    ...(layout !== undefined && { layout: layout as LayoutName }),
    ...(mapping !== undefined && { mapping }),
    ...(positiveFrom !== undefined && { positiveFrom: Number(positiveFrom) }),
    ...(separator !== undefined && { separator }),
    ...(header === false && { header }),
    ...(encoding !== undefined && { encoding }),
    ...(kCore !== undefined && { kCore: integer("--k-core", kCore, 1, 999_999_999) }),
    time,
  };
}

/** Imports (or loads) and says what was recognised, assumed and set aside. */
export async function importVerb(words: ImportCliOptions, control: RunControl = {}): Promise<Answer> {
  const imported = await importData({ ...importOptions(words), control }).catch((error: unknown) => {
    throw usageFault(error);
  });
  const { artifact, dir, ...facts } = imported;
  const count = (n: number): string => n.toLocaleString("en");
  const aside = Object.entries(facts.quarantined)
    .map(([reason, n]) => `${reason} ${count(n)}`)
    .join(", ");
  const text = [
    `${artifact.made ? "made:" : "loaded:"} ${count(facts.kept)} of ${count(facts.rows)} rows, ` +
      `${count(facts.users)} users, ${count(facts.videos)} items, ${count(facts.days)} days`,
    facts.firstTime === null ? "- no times" : `- first time ${facts.firstTime}, last time ${facts.lastTime}`,
    `- set aside: ${aside === "" ? "none" : `${aside} (see quarantine.parquet)`}`,
    ...facts.said.map((sentence) => `- ${sentence}`),
    dir,
  ].join("\n");
  return { text, json: { dir, id: artifact.id, made: artifact.made, ...facts } };
}
