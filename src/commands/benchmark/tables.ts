/** The trade-off as tables: one per family, and its differences to the baseline. */
import { formatInterval, table, type Table } from "../../lab/index.js";
import { worldsForT, type BenchmarkRow } from "../../studies/benchmark/judge.js";
import { metricLabel } from "../../studies/benchmark/record.js";
import { families, type Family } from "../../studies/benchmark/model.js";

/** What a table of each family is of. */
export type FamilyCaptions = Readonly<Record<Family, string>>;

/** In a simulated world: the other stage of the funnel. */
export const funnelCaptions: FamilyCaptions = {
  ranker: "Rankers after the same two-tower retriever",
  retriever: "Retrievers before the same DCN-v2 ranker",
};

/** What an interval is of, by the number of seeds and whether they share one split. */
function intervalNote([row]: readonly BenchmarkRow[], sameData: boolean): string {
  const { seeds } = row!;
  const named = seeds.length > 1 ? `means over seeds ${seeds.join(", ")}` : `seed ${seeds.join()} alone`;
  if (sameData) return `${named} on one split, 95 % intervals by user`;
  if (seeds.length >= worldsForT) return `${named} with 95 % t-intervals`;
  return `${named}, 95 % intervals by user: they do not show how another seed would differ`;
}

/** Offline, online and cost, one row per model: one table per family that is there. */
export function tradeOffTables(
  rows: readonly BenchmarkRow[],
  captions: FamilyCaptions = funnelCaptions,
  sameData = false,
): readonly Table[] {
  return byFamily(rows, (family, own) =>
    table(
      own.map((row) => ({ ...nameCells(row, own), ...metricCells(row.metrics), ...costCells(row) })),
      {
        name: `${family}s`,
        caption: `${captions[family]}; ${intervalNote(own, sameData)}`,
        columns: [...nameColumns(own), ...metricColumns(own), ...costColumns],
      },
    ),
  );
}

/** Differences to the first model of each family, paired by user within a seed's data. */
export function differenceTables(rows: readonly BenchmarkRow[], sameData = false): readonly Table[] {
  return byFamily(rows, (family, own) => {
    const baseline = own[0]?.model;
    const others = own.filter(({ model }) => model !== baseline);
    if (others.length === 0) return undefined;
    return table(
      others.map((row) => ({ ...nameCells(row, own), ...metricCells(row.differences) })),
      {
        name: `${family}s-differences`,
        caption:
          `Difference to ${baseline}${own.some(isSpoilt) ? " on the same data" : ""}, ` +
          `paired by user; ${intervalNote(own, sameData)}`,
        columns: [...nameColumns(own), ...metricColumns(others)],
      },
    );
  });
}

/**
 * A table as several of at most `width` characters for a terminal: those columns that name its rows stand in each, the caption on the
 * first. A column wider than that stands alone.
 */
export function folded(wide: Table, width: number = 160): readonly Table[] {
  const named = wide.columns.findIndex(({ key }) => key === "model") + 1;
  const widths = wide.columns.map(
    ({ label }, c) => 2 + Math.max(label.length, ...wide.rows.map((row) => (row[c] ?? "").length)),
  );
  const parts: number[][] = [];
  let used = Infinity;
  const left = widths.slice(0, named).reduce((a, b) => a + b, 0);
  for (let c = named; c < widths.length; c++) {
    if (used + widths[c]! > width) {
      parts.push(Array.from({ length: named }, (_, i) => i));
      used = left;
    }
    parts[parts.length - 1]?.push(c);
    used += widths[c]!;
  }
  return parts.map((columns, part): Table => ({
    kind: "table",
    ...(wide.name !== undefined && { name: wide.name }),
    records: wide.records,
    ...(part === 0 && wide.caption !== undefined && { caption: wide.caption }),
    columns: columns.map((c) => wide.columns[c]!),
    rows: wide.rows.map((row) => columns.map((c) => row[c] ?? "")),
  }));
}

function byFamily(
  rows: readonly BenchmarkRow[],
  make: (family: Family, own: readonly BenchmarkRow[]) => Table | undefined,
): readonly Table[] {
  return families.flatMap((family) => {
    const own = rows.filter((row) => row.family === family);
    const made = own.length === 0 ? undefined : make(family, own);
    return made === undefined ? [] : [made];
  });
}

function isSpoilt({ quality }: BenchmarkRow): boolean {
  return quality.volume < 1 || quality.noise > 0;
}

function nameCells(
  { model, own, quality: { volume, noise } }: BenchmarkRow,
  rows: readonly BenchmarkRow[],
): Readonly<Record<string, unknown>> {
  return { ...(rows.some(isSpoilt) && { volume, noise }), model: own ? `${model} (own)` : model };
}

function nameColumns(rows: readonly BenchmarkRow[]): readonly string[] {
  return rows.some(isSpoilt) ? ["volume", "noise", "model"] : ["model"];
}

function metricCells(metrics: BenchmarkRow["metrics"]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metrics).map(([name, interval]) => [metricLabel(name), interval]));
}

function metricColumns(
  rows: readonly BenchmarkRow[],
): readonly { readonly key: string; readonly format: (value: unknown) => string }[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  return names.map((name) => ({
    key: metricLabel(name),
    format: (value) =>
      value === undefined ? "" : formatInterval(value as { estimate: number; low: number; high: number }),
  }));
}

function costCells({ cost }: BenchmarkRow): Readonly<Record<string, unknown>> {
  return {
    "fit s": cost.seconds,
    "fit CPU s": cost.cpuSeconds,
    "examples/s": Math.round(cost.rowsPerSecond),
    size: cost.modelBytes,
    memory: cost.memoryBytes,
    "p50 ms": cost.p50Ms,
    "p99 ms": cost.p99Ms,
    "p99 CPU ms": cost.cpuP99Ms,
  };
}

const costColumns = [
  "fit s",
  "fit CPU s",
  "examples/s",
  { key: "size", format: "bytes" },
  { key: "memory", format: "bytes" },
  "p50 ms",
  "p99 ms",
  "p99 CPU ms",
] as const;
