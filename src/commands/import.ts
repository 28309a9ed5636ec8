/** The verb `import`: one's own interactions, or a public data set's, as the tables of a log. */
import { Option } from "commander";
import { importData, layoutNames, type ColumnMapping, type LayoutName } from "../data/index.js";
import type { RunControl } from "../types.js";
import { projectRoot } from "../pipeline/setting.js";
import { collect, orUsageError } from "./options.js";
import type { Answer } from "./run.js";
import { pathVerb } from "./verb.js";

/** The words of the command line. `map`: `field=column` words. */
export interface ImportCliOptions {
  readonly path: string;
  readonly layout?: string;
  readonly map?: readonly string[];
  readonly positiveFrom?: string;
  readonly out?: string;
}

export const importOwn = pathVerb({
  name: "import",
  description:
    "your own interactions as a log: MovieLens, KuaiRand, KuaiRec and RecBole folders, or a Parquet or CSV file with --map",
  path: "folder or file",
  options: [
    new Option("--layout <name>", "say it instead of having it told from the files").choices(layoutNames),
    new Option(
      "--map <field=column>",
      "which column holds what (may be repeated), e.g. --map user=uid --map item=vid --map time=ts",
    )
      .argParser(collect)
      .default([]),
    new Option("--positive-from <rating>", "ratings from here on count as a click (default: 4)"),
    new Option("--out <folder>", "folder of artifacts (default: datasets/)"),
  ],
  read(typed: Omit<ImportCliOptions, "path">) {
    orUsageError(() => columnMapping(typed.map ?? []));
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
] as const;

/** @throws RangeError on words of another form */
export function columnMapping(words: readonly string[]): ColumnMapping | undefined {
  if (words.length === 0) return undefined;
  const pairs = words.map((word) => {
    const at = word.indexOf("=");
    const field = word.slice(0, Math.max(0, at));
    if (at === word.length - 1 || !(fields as readonly string[]).includes(field))
      throw new RangeError(`invalid --map: ${word}; allowed: field=column with a field of ${fields.join(", ")}`);
    return [field, word.slice(at + 1)] as const;
  });
  const mapping = Object.fromEntries(pairs) as Partial<ColumnMapping>;
  if (mapping.user === undefined || mapping.item === undefined)
    throw new RangeError("--map needs at least user=column and item=column");
  return mapping as ColumnMapping;
}

/** Imports (or loads) and says what was recognised, assumed and set aside. */
export async function importVerb(words: ImportCliOptions, control: RunControl = {}): Promise<Answer> {
  const mapping = columnMapping(words.map ?? []);
  const imported = await importData({
    path: words.path,
    root: words.out ?? process.env["STAGECRAFT_DATASETS"] ?? `${projectRoot}/datasets`,
    control,
    ...(words.layout === undefined ? {} : { layout: words.layout as LayoutName }),
    ...(mapping === undefined ? {} : { mapping }),
    ...(words.positiveFrom === undefined ? {} : { positiveFrom: Number(words.positiveFrom) }),
  });
  const { artifact, dir, ...facts } = imported;
  const aside = Object.entries(facts.quarantined)
    .map(([reason, n]) => `${reason} ${n}`)
    .join(", ");
  const text = [
    `${artifact.made ? "made:" : "loaded:"} ${facts.rows.toLocaleString("en")} rows, ${facts.users.toLocaleString("en")} users, ${facts.videos.toLocaleString("en")} items, ${facts.days} days`,
    ...facts.said.map((sentence) => `- ${sentence}`),
    `- quarantined: ${aside === "" ? "none" : aside}`,
    dir,
  ].join("\n");
  return { text, json: { dir, id: artifact.id, made: artifact.made, ...facts } };
}
