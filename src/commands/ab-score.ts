/** `stagecraft ab score`: an experiment judged from a table of users, with a scorecard that can be sent. */
import { readColumns, type TextForm } from "../data/index.js";
import { scorecard, type ArmUsers, type MetricOfArm, type MetricPlan, type Scorecard } from "../evaluation/index.js";
import { figures, formatNumber, table, tableText, type Report, type ReportFigure, type Table } from "../lab/index.js";
import { numberBetween, orUsageError, UsageError, usageFault } from "./options.js";
import type { Answer } from "./run.js";

/** What is typed. */
export interface ScoreTyped extends TextForm {
  readonly unit: string;
  readonly arm: string;
  readonly control: string;
  readonly metric: readonly string[];
  readonly lower?: readonly string[];
  readonly guardrail?: readonly string[];
  readonly covariate?: readonly string[];
  readonly shares?: string;
  readonly winsorise?: string;
  readonly level: string;
  readonly tunedFor?: string;
}

/** What was typed, checked. */
export interface Asked {
  readonly plans: readonly MetricPlan[];
  readonly columns: readonly { readonly numerator: string; readonly denominator?: string; readonly before?: string }[];
  readonly typed: ScoreTyped;
  readonly shares: readonly [number, number];
  readonly level: number;
  readonly winsorise?: number;
  readonly tunedFor?: number;
}

/** Checks what was typed. @throws UsageError */
export function asked(typed: ScoreTyped): Asked {
  const { unit, arm } = typed;
  if (unit === arm) throw new UsageError(`invalid --arm: ${arm} is the column of users; allowed: another one`);
  const metrics = typed.metric.map((text) => {
    const { 1: name, 2: numerator = name, 3: denominator } = /^([^=/]+)(?:=([^/]+)(?:\/(.+))?)?$/.exec(text) ?? [];
    if (name === undefined)
      throw new UsageError(`invalid --metric: ${text}; allowed: NAME, NAME=COLUMN or NAME=COLUMN/COLUMN`);
    return { name, numerator: numerator!, denominator };
  });
  const names = metrics.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`invalid --metric: ${twice} is given twice; allowed: each name once`);
  const known = (option: string, name: string): string => {
    if (!names.includes(name))
      throw new UsageError(`invalid ${option}: unknown metric ${name}; known: ${names.join(", ")}`);
    return name;
  };
  const pairs = (option: string, texts: readonly string[] = []): ReadonlyMap<string, string> =>
    new Map(
      texts.map((text) => {
        const at = text.indexOf("=");
        if (at < 1 || at === text.length - 1)
          throw new UsageError(`invalid ${option}: ${text}; allowed: a metric's name, =, and a value`);
        return [known(option, text.slice(0, at)), text.slice(at + 1)];
      }),
    );
  const lower = (typed.lower ?? []).map((name) => known("--lower", name));
  const margins = pairs("--guardrail", typed.guardrail);
  const before = pairs("--covariate", typed.covariate);
  const [control, treatment, ...more] = (typed.shares ?? "1,1")
    .split(",")
    .map((text) => numberBetween("--shares", text, 0));
  if (control === undefined || treatment === undefined || more.length > 0)
    throw new UsageError(`invalid --shares: ${typed.shares}; allowed: two numbers, control first`);
  return {
    plans: metrics.map(({ name }): MetricPlan => {
      const margin = margins.get(name);
      return {
        name,
        better: lower.includes(name) ? "lower" : "higher",
        ...(margin !== undefined && { margin: numberBetween("--guardrail", margin, -1e-9) / 100 }),
      };
    }),
    columns: metrics.map(({ name, numerator, denominator }) => {
      const known = before.get(name);
      return { numerator, ...(denominator && { denominator }), ...(known && { before: known }) };
    }),
    typed,
    shares: [control, treatment],
    level: numberBetween("--level", typed.level, 0, 1),
    ...(typed.winsorise !== undefined && { winsorise: numberBetween("--winsorise", typed.winsorise, 0, 1) }),
    ...(typed.tunedFor !== undefined && { tunedFor: numberBetween("--tuned-for", typed.tunedFor, 0.999) }),
  };
}

/** Reads the file and judges each treatment. @throws UsageError on a table that is none of users */
export async function scored(file: string, read: Asked): Promise<Answer> {
  const { typed, plans, columns } = read;
  const { unit, arm, control, header, separator, encoding } = typed;
  const wanted = [...new Set(columns.flatMap((one) => Object.values(one) as string[]))];
  const form = {
    ...(header === false && { header }),
    ...(separator !== undefined && { separator }),
    ...(encoding !== undefined && { encoding }),
  };
  const [users, arms, ...values] = await readColumns(file, [unit, arm, ...wanted], form).catch((error: unknown) => {
    throw usageFault(error);
  });
  const numbers = new Map(wanted.map((name, c) => [name, numbersIn(name, values[c]!)]));
  const cards = orUsageError(() => {
    checkUnits(users!, arms!);
    const names = [...new Set(arms)];
    if (!names.includes(control))
      throw new UsageError(`invalid --control: no row is in ${control}; arms there: ${names.join(", ")}`);
    const of = (name: string): ArmUsers => {
      const rows = [...arms!.keys()].filter((row) => arms![row] === name);
      const pick = (column: string): Float64Array => Float64Array.from(rows, (row) => numbers.get(column)![row]!);
      const metrics = columns.map(({ numerator, denominator, before }): MetricOfArm => ({
        numerator: pick(numerator),
        ...(denominator && { denominator: pick(denominator) }),
        ...(before && { before: pick(before) }),
      }));
      return { name, users: rows.length, metrics };
    };
    const treatments = names.filter((name) => name !== control);
    if (treatments.length === 0)
      throw new UsageError(`${file} has one arm, ${control}; allowed: the control and at least one more`);
    return treatments.map((name) => scorecard(plans, of(control), of(name), read));
  });
  const tables = Object.fromEntries(cards.map((card, i) => [`scorecard-${i + 1}`, cardTable(card)]));
  return {
    json: { file, scorecards: cards },
    tables,
    report: reportOf(file, cards, Object.values(tables)),
    text: cards
      .map(
        (card, i) =>
          `${tableText(Object.values(tables)[i]!)}\n\n${card.sentences.map((line) => `- ${line}`).join("\n")}`,
      )
      .join("\n\n"),
  };
}

function numbersIn(column: string, texts: readonly string[]): Float64Array {
  return Float64Array.from(texts, (text, row) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!Number.isFinite(value))
      throw new UsageError(
        `column ${column} is "${text}" in row ${row + 1}; allowed: numbers (0 for users who did nothing)`,
      );
    return value;
  });
}

/** Rows are users: each in one arm, once. */
function checkUnits(users: readonly string[], arms: readonly string[]): void {
  const armOf = new Map<string, string>();
  for (const [row, user] of users.entries()) {
    if (user === "" || arms[row] === "")
      throw new UsageError(
        `row ${row + 1} has no ${user === "" ? "user" : "arm"}; allowed: one row per user, with its arm`,
      );
    const known = armOf.get(user);
    if (known !== undefined)
      throw new UsageError(
        known === arms[row]
          ? `user ${user} has two rows, the second is ${row + 1}; allowed: one row per user (sum them first)`
          : `user ${user} is in two arms, ${known} and ${arms[row]}; allowed: one arm for each user`,
      );
    armOf.set(user, arms[row]!);
  }
}

function cardTable(card: Scorecard): Table {
  const rows = card.metrics.map((one) => ({
    metric: one.metric.name,
    [card.control]: one.control.estimate,
    [card.treatment]: one.treatment.estimate,
    difference: one.difference,
    lift: one.lift,
    p: one.pValue,
    "p, Holm": one.adjustedP,
    "variance kept": one.kept,
    verdict: one.verdict,
    guardrail: one.guardrail ?? "",
  }));
  const [a, b] = card.users;
  const ratio = formatNumber(card.sampleRatio.pValue);
  const caption = `${card.treatment} (${b} users) against ${card.control} (${a}); p of the sample ratio ${ratio}`;
  const percents = ["lift", "variance kept"];
  const columns = Object.keys(rows[0]!).map((key) =>
    percents.includes(key) ? { key, format: "percent" as const } : key,
  );
  return table(rows, { caption, columns });
}

function reportOf(file: string, cards: readonly Scorecard[], tables: readonly Table[]): Report {
  return {
    title: `Scorecard of ${file.split("/").pop()}`,
    lede: cards.flatMap(({ sentences }) => sentences).join(" "),
    facts: cards.flatMap(({ treatment, decision, users }): [string, string][] => [
      [treatment, decision],
      ["users", (users[0] + users[1]).toLocaleString("en")],
    ]),
    sections: cards.map((card, i) => ({
      id: `arm-${i + 1}`,
      heading: `${card.treatment} against ${card.control}`,
      prose: cards.length > 1 ? card.sentences : [],
      tables: [tables[i]!],
      figures: liftFigure(card, i),
    })),
    metrics: { scorecards: cards },
  };
}

function liftFigure({ metrics, control, treatment }: Scorecard, i: number): readonly ReportFigure[] {
  const rows = metrics
    .filter(({ lift }) => [lift.estimate, lift.low, lift.high].every(Number.isFinite))
    .map(({ metric, lift }) => ({ label: metric.name, lift, better: metric.better }));
  if (rows.length === 0) return [];
  return [
    {
      name: `lifts-${i + 1}`,
      caption: "Lifts with their intervals",
      figure: figures.lifts({ control, treatment, metrics: rows }),
    },
  ];
}
