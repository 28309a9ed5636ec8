/**
 * Which cold-start strategy should one ship? Strategies × worlds, each cell played on a copy of a world in which half of all accounts
 * are new within two weeks, and compared with the control in the same world: regret by what is known, retention, and who pays.
 */
import { tInterval, type Interval } from "../../evaluation/index.js";
import type { Setting } from "../../pipeline/setting.js";
import { compiledUrl } from "../../platform/compiled.js";
import type { RunControl } from "../../types.js";
import { worldsForT } from "../benchmark/judge.js";
import { bins, findCold, type ColdCell, type ColdJob, type ColdValue, type RegretBin } from "./cell.js";
import { judged, type Judged } from "../ab-audit/hypotheses.js";
import { findOrMake, prepareWorlds, seedWorlds, wholeNumber } from "../run-study.js";
import { coldHypotheses } from "./hypotheses.js";
import { coldControl, coldStrategies, type Strategy } from "./strategies.js";

/** What is asked. */
export interface ColdOptions {
  readonly seeds?: number; // worlds, default 5: the setting's seed and those after it
  /** Names of strategies beside the control; default: all. */
  readonly only?: readonly string[];
}

/** A checked plan. */
export interface ColdPlan {
  readonly worlds: readonly Setting[];
  readonly strategies: readonly Strategy[];
}

/** A measure: what is read off a cell, and how strategies are compared: by difference, or relative to the control. */
export interface ColdMeasure {
  readonly name: string;
  readonly better: "higher" | "lower";
  readonly relative: boolean;
  readonly of: (cell: ColdCell) => number;
}

/** One strategy over all worlds: means, and paired differences to the control (Student's t over worlds, from three on). */
export interface ColdRow {
  readonly strategy: string;
  readonly for: Strategy["for"];
  readonly means: Readonly<Record<string, number>>;
  readonly differences: Readonly<Record<string, Interval>>;
}

/** Which strategy to ship for whom, and why. */
export interface ColdAnswer {
  readonly for: "users" | "videos";
  readonly ship: string;
  readonly because: string;
}

/** The study's result. */
export interface ColdStudy {
  readonly rows: readonly ColdRow[];
  readonly answers: readonly ColdAnswer[];
  readonly hypotheses: readonly Judged[];
  readonly cells: readonly ColdCell[];
  readonly measured: number; // now; the others were there
}

/** Share of the log's accounts that exist before it begins: fewer than usual, so that there are newcomers to judge by. */
const usersAtStart = 0.5;

const value = (name: string, key: ColdValue, better: ColdMeasure["better"], relative = false): ColdMeasure => ({
  ...{ name, better, relative },
  of: ({ values }) => values[key],
});
const lost = (of: readonly RegretBin[]): number => {
  const sum = (key: "expected" | "best"): number => of.reduce((all, bin) => all + bin[key], 0);
  return 1 - sum("expected") / sum("best");
};
const byBin = (name: string, key: "users" | "videos"): readonly ColdMeasure[] =>
  bins.map((from, b) => ({
    ...{ name: `${name} at ${from}`, better: "lower" as const, relative: false },
    of: (cell) => lost([cell[key][b]!]),
  }));

/** All measures. Regret is the share of the best page's expected watch time that is lost; a bin's number is where it begins. */
export const coldMeasures: readonly ColdMeasure[] = [
  { name: "newcomers: regret", better: "lower", relative: false, of: ({ users }) => lost(users) },
  ...byBin("regret", "users"),
  { name: "newcomers: pages to a click", better: "lower", relative: false, of: ({ hitPages }) => hitPages },
  value("newcomers: minutes", "newcomerMinutes", "higher", true),
  value("newcomers: return", "newcomerReturn", "higher"),
  value("newcomers: active later", "newcomerActive", "higher"),
  value("established: minutes", "establishedMinutes", "higher", true),
  value("all: minutes", "allMinutes", "higher", true),
  value("uploads: share", "uploadShare", "higher"),
  value("uploads: found", "uploadsFound", "higher"),
  value("uploads: watch seconds", "uploadWatchSeconds", "higher", true),
  ...byBin("uploads: regret", "videos"),
  value("creators: Gini", "creatorGini", "lower"),
];

/** @throws RangeError naming the value and what is allowed */
export function coldPlan(base: Setting, { seeds = 5, only }: ColdOptions = {}): ColdPlan {
  wholeNumber("seeds", seeds, 1, 1000);
  const unknown = only?.find((name) => !coldStrategies.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new RangeError(`unknown strategy: ${unknown}; known: ${coldStrategies.map(({ name }) => name).join(", ")}`);
  return {
    worlds: seedWorlds(base, seeds, { usersAtStart }),
    strategies: coldStrategies.filter(({ name }) => name === coldControl || (only?.includes(name) ?? true)),
  };
}

/** Plays or loads all cells and judges the strategies. */
export async function studyColdStart(base: Setting, plan: ColdPlan, control: RunControl = {}): Promise<ColdStudy> {
  const { workers } = base;
  const { worlds, strategies } = plan;
  const module = compiledUrl("cell", import.meta.url).href;
  const inputs = await prepareWorlds(worlds, { module, export: "prepareCold" }, workers, control);
  const jobs = worlds.flatMap((setting, w) =>
    strategies.map((strategy): ColdJob => ({ setting, inputs: inputs[w]!, strategy })),
  );
  const label = ({ strategy, setting }: ColdJob): string => `${strategy.name}, seed ${setting.seed}`;
  const bar = { step: "strategies", shares: true, inner: "days" };
  const how = { ...bar, module, export: "coldCell", find: findCold, label };
  const { cells, made } = await findOrMake(jobs, how, workers, control);
  return { ...judgeCold(cells, strategies), measured: made };
}

/** What the cells say together. */
export function judgeCold(cells: readonly ColdCell[], strategies: readonly Strategy[]): Omit<ColdStudy, "measured"> {
  const of = (name: string): readonly ColdCell[] => cells.filter(({ strategy }) => strategy === name);
  const controls = of(coldControl);
  const rows = strategies.map((strategy): ColdRow => {
    const own = of(strategy.name);
    const means: Record<string, number> = {};
    const differences: Record<string, Interval> = {};
    for (const { name, relative, of: read } of coldMeasures) {
      const pairs = own
        .map((cell, w) => [read(cell), read(controls[w]!)] as const)
        .filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
      if (pairs.length === 0) continue;
      means[name] = pairs.reduce((sum, [a]) => sum + a, 0) / pairs.length;
      const found = tInterval(pairs.map(([a, b]) => (relative ? a / b - 1 : a - b)));
      differences[name] = pairs.length < worldsForT ? { ...found, low: NaN, high: NaN } : found;
    }
    return { strategy: strategy.name, for: strategy.for, means, differences };
  });
  const measures = Object.fromEntries(
    rows.flatMap(({ strategy, differences }) =>
      Object.entries(differences).map(([name, found]) => [`${strategy}, ${name}`, found]),
    ),
  );
  return {
    rows,
    answers: [answerOf(rows, "users", "newcomers: regret"), answerOf(rows, "videos", "uploads: found")],
    hypotheses: judged(coldHypotheses, measures),
    cells,
  };
}

/** Who may pay for a strategy: their minutes. */
const payers = ["established: minutes", "newcomers: minutes"] as const;

/**
 * Of the strategies that are decided better in the goal and for which nobody's minutes are decided to fall, the best; else, with the
 * price, the best of the others; else the control. The conditions: at which counts its regret is lower or higher, and who pays.
 */
function answerOf(rows: readonly ColdRow[], who: "users" | "videos", goal: string): ColdAnswer {
  const sign = measureOf(goal).better === "higher" ? 1 : -1;
  const of = (row: ColdRow, measure: string): Interval | undefined => row.differences[measure];
  const tried = rows.filter((row) => row.strategy !== coldControl && (row.for === who || row.for === "both"));
  const wins = tried
    .filter((row) => ((found) => found !== undefined && (sign > 0 ? found.low > 0 : found.high < 0))(of(row, goal)))
    .sort((a, b) => sign * (of(b, goal)!.estimate - of(a, goal)!.estimate));
  const paying = (row: ColdRow): readonly string[] => payers.filter((payer) => of(row, payer)!.high < 0);
  const pick = wins.find((row) => paying(row).length === 0) ?? wins[0];
  if (pick === undefined)
    return { for: who, ship: coldControl, because: `none of ${tried.length} strategies is decided better in ${goal}` };
  const said = (row: ColdRow, measure: string): string =>
    `${measure} ${textOf(of(row, measure)!, measureOf(measure).relative)}`;
  const [what, prefix] = who === "users" ? ["interactions", "regret at"] : ["impressions", "uploads: regret at"];
  const sides = (["lower", "higher"] as const).flatMap((side) => {
    const at = bins.filter((from) => {
      const found = of(pick, `${prefix} ${from}`);
      return found !== undefined && (side === "lower" ? found.high < 0 : found.low > 0);
    });
    return at.length === 0 ? [] : [`regret is ${side} from ${at.join(", ")} ${what}`];
  });
  const price = paying(pick).length === 0 ? "nobody's minutes are decided to fall" : "minutes fall";
  const [first] = wins;
  const passed =
    first === pick ? [] : [`${first!.strategy} gives more, but ${paying(first!).map((payer) => said(first!, payer))}`];
  return {
    ...{ for: who, ship: pick.strategy },
    because: [
      said(pick, goal),
      ...sides,
      `${price}: ${payers.map((payer) => said(pick, payer)).join(", ")}`,
      said(pick, "creators: Gini"),
      ...passed,
    ].join("; "),
  };
}

function measureOf(name: string): ColdMeasure {
  return coldMeasures.find((one) => one.name === name)!;
}

function textOf(interval: Interval, relative: boolean): string {
  const show = (x: number): string => (100 * x).toFixed(1);
  return `${show(interval.estimate)} ${relative ? "%" : "points"} (95 % interval ${show(interval.low)} to ${show(interval.high)})`;
}
