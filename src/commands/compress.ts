/** `stagecraft compress`: the ranker smaller and faster, and what users notice of it. */
import { Option } from "commander";
import { figures, formatInterval, formatNumber, table, tableText, type Figure, type Report } from "../lab/index.js";
import {
  aucMargin,
  frontOf,
  studyCompression,
  watchMargin,
  type Compression,
  type CompressRow,
} from "../studies/index.js";
import { judgedTable } from "./ab-audit.js";
import { integer, listOf, usageFault, type PlatformOptions } from "./options.js";
import { platformVerb } from "./verb.js";

interface CompressTyped extends PlatformOptions {
  readonly seeds: string;
  readonly only?: string;
}

export const compress = platformVerb<CompressTyped>({
  name: "compress",
  description:
    "the ranker in 16 and 8 bits, pruned, distilled and hashed: bytes, operations, p99 and AUC beside simulated watch minutes",
  options: [
    new Option("--seeds <integer>", "worlds: --seed and the seeds after it").default("3"),
    new Option("--only <names>", "variants between commas, beside the one in 32 bits (default: all)"),
  ],
  async run(setting, control, typed) {
    const seeds = integer("--seeds", typed.seeds, 1, 1_000);
    const only = typed.only === undefined ? {} : { only: listOf("--only", typed.only) };
    const found = await studyCompression(setting, { seeds, ...only }, control).catch((error: unknown) => {
      throw usageFault(error);
    });
    const { hypotheses, rows, ship, byAuc } = found;
    const tables = { variants: compressTable(found), hypotheses: judgedTable({ judged: hypotheses }) };
    const sentence = compressText(found);
    const report: Report = {
      title: `Smaller, faster, equal? (${setting.scale})`,
      lede: sentence,
      facts: [["Worlds", found.seeds.join(", ")]],
      sections: [
        {
          id: "figure",
          heading: "Cost and quality",
          prose: [],
          figures: [{ name: "compress", figure: compressFigure(found), caption: "Circles are not beaten." }],
        },
        { id: "variants", heading: "Variants", prose: [], tables: [tables.variants] },
        { id: "hypotheses", heading: "Expected before the run", prose: [], tables: [tables.hypotheses] },
      ],
    };
    const json = { seeds: found.seeds, rows, ship: ship.name, byAuc: byAuc.name, hypotheses };
    return { json, tables, report, text: [...Object.values(tables).map(tableText), sentence].join("\n\n") };
  },
});

/** One row per variant. */
export function compressTable({ rows, seeds, cells }: Compression): ReturnType<typeof table> {
  return table(
    rows.map(({ name, bytes, flops, time, auc, watchMinutes, lift, liftByUser, saturating, wasm, tfjs }) => ({
      variant: name,
      kB: bytes / 1_000,
      "kFLOP a row": flops / 1_000,
      "p50 ms": time.p50,
      "p99 ms": time.p99,
      "CPU ms": time.cpuMs,
      AUC: auc.estimate,
      "watch min/user-day": watchMinutes,
      "watch lift %": lift,
      "by user %": liftByUser,
      "saturating pairs": saturating,
      "native − WASM": wasm.toExponential(1),
      "native − tfjs": tfjs.toExponential(1),
    })),
    {
      name: "variants",
      caption:
        `The ranker compressed; lifts over float32 with 95 % intervals${seeds.length === 1 ? "" : ` over ${seeds.length} worlds and`} ` +
        "by user; times of " +
        `1,000 rows on one thread; largest differences of a chance of a click on ${cells[0]!.compared} rows`,
    },
  );
}

/** Watch minutes and AUC against bytes and p99. */
export function compressFigure({ rows }: Compression): Figure {
  const costs = {
    "kilobytes of the graph": (row: CompressRow) => row.bytes / 1_000,
    "p99 of 1,000 rows, ms": (row: CompressRow) => row.time.p99,
  };
  const qualities = {
    "watch minutes against float32, %": (row: CompressRow) => row.lift,
    AUC: ({ auc }: CompressRow) => ({ ...auc, low: NaN, high: NaN }),
  };
  const panels = Object.entries(qualities).flatMap(([quality, of]) =>
    Object.entries(costs).map(([cost, costOf]) => {
      const front = frontOf(rows, costOf, (row) => of(row).estimate);
      const points = [...front, ...rows.filter((row) => !front.includes(row))].map((row) => ({
        name: row.name,
        quality: of(row),
        cost: { estimate: costOf(row), low: costOf(row), high: costOf(row) },
        onLadder: front.includes(row),
      }));
      return { quality, cost, points };
    }),
  );
  return figures.tradeOff({
    title: "Smaller and faster, and what users notice of it",
    subtitle: "up and to the left is better; the dotted line joins what is not beaten; 95 % intervals over worlds",
    panels,
    names: rows.map(({ name }) => name),
  });
}

/** Which point ships, and which one AUC would have shipped. */
export function compressText({ rows, ship, byAuc }: Compression): string {
  const [first] = rows;
  const share = (row: CompressRow): string => `${formatNumber((100 * row.bytes) / first!.bytes)} % of the bytes`;
  const watched = (row: CompressRow): string => `${formatInterval(row.lift)} % of watch minutes`;
  const rule =
    `The smallest graph that is known to lose less than ${watchMargin} % of watch minutes is ${ship.name} ` +
    `(${share(ship)}, ${watched(ship)})`;
  const other = `one that is known to lose less than ${aucMargin} of AUC`;
  return byAuc === ship
    ? `${rule}; AUC would have shipped the same, as the smallest ${other}.`
    : `${rule}; AUC would have shipped ${byAuc.name} (${share(byAuc)}, ${watched(byAuc)}), as the smallest ${other}.`;
}
