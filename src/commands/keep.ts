/** What a verb leaves behind: `results/<verb>/<run>/`, its answer as JSON and each table of it as CSV and Parquet, whatever was typed. */
import { join } from "node:path";
import { isInterval, type Report, reportFigures, type Run, type Table, writePngs, writeReport } from "../lab/index.js";
import type { NamedColumn } from "../log/index.js";
import { writeTableFile } from "./table-file.js";

/** Tables by the names of their files; those of many rows as columns. */
export type Tables = Readonly<Record<string, Table | readonly NamedColumn[]>>;

/** Verbs that leave results behind. */
export const resultVerbs = [
  "tour",
  "what-if",
  "evaluate",
  "compare",
  "recommend",
  "score",
  "reproduce",
  "atlas",
  "twins",
  "batch",
  "edge",
  "compress",
  "off-policy",
  "validity",
  "regret",
  "monitor",
  "detectors",
  "live",
  "case",
];

/** Said at the end of their `--help`. */
export const resultsHelp = (verb: string): string =>
  `\nResults: results/${verb}/<run>/ with JSON, and each table as .csv and .parquet; results/${verb}/latest is the last one.\n` +
  "See also: stagecraft runs";

/** Writes tables into a run, and the answer as JSON. @throws Error where the disk is full */
export async function keep(run: Run, tables: Tables, json?: object): Promise<void> {
  if (json !== undefined) await run.write(`${run.name}.json`, json);
  for (const [name, given] of Object.entries(tables)) {
    const columns = "kind" in given ? columnsOf(given) : given;
    if (columns.length === 0) continue;
    for (const ending of ["csv", "parquet"]) await writeTableFile(join(run.dir, `${name}.${ending}`), columns);
  }
}

/** Writes a report's page into a run, and its figures as PNG into the run's folder of figures. */
export async function keepPage(run: Run, report: Report, signal?: AbortSignal): Promise<void> {
  await writeReport(run.dir, report);
  await keepPictures(run, join(run.dir, "figures"), reportFigures(report), signal);
}

/** Writes figures as PNG; where no browser is found, the run says so. */
export async function keepPictures(
  run: Run,
  dir: string,
  figures: Parameters<typeof writePngs>[1],
  signal?: AbortSignal,
): Promise<void> {
  const pictures = await run.step("figures", () => writePngs(dir, figures, signal ? { signal } : {}));
  if (pictures.kind === "skipped") run.note("pictures", pictures.reason);
}

/** The tables of a report by their names; one without a name goes by its section's. */
export function tablesOf({ sections }: Report): Tables {
  return Object.fromEntries(
    sections.flatMap(({ id, tables = [] }) => tables.map((table) => [table.name ?? id, table] as const)),
  );
}

/** Numbers in full where the table rounds them, an interval as three columns; what is no number as the table writes it. */
function columnsOf({ columns, records, rows }: Table): readonly NamedColumn[] {
  return columns.flatMap(({ key }, c): readonly NamedColumn[] => {
    const values = records.map((record) => record[key]);
    const parts = (part: "estimate" | "low" | "high"): Float64Array =>
      Float64Array.from(values, (value) =>
        isInterval(value) ? value[part] : part === "estimate" ? Number(value ?? NaN) : NaN,
      );
    if (!values.every((value) => value == null || typeof value === "number" || isInterval(value)))
      return [{ name: key, type: "VARCHAR", values: rows.map((row) => row[c] ?? "") }];
    if (values.some(isInterval))
      return (["estimate", "low", "high"] as const).map((part) => ({
        name: part === "estimate" ? key : `${key} ${part}`,
        type: "DOUBLE",
        values: parts(part),
      }));
    return [{ name: key, type: values.every(Number.isSafeInteger) ? "BIGINT" : "DOUBLE", values: parts("estimate") }];
  });
}
