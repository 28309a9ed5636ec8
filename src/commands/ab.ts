/** `stagecraft ab`: plan an experiment, and judge one from a table of users of your own. */
import { Option } from "commander";
import { readColumns, type TextForm } from "../data/index.js";
import {
  daysNeeded,
  powerOf,
  scorecard,
  smallestEffect,
  usersNeeded,
  type ArmUsers,
  type MetricOfArm,
  type MetricPlan,
  type Scorecard,
} from "../evaluation/index.js";
import {
  figures,
  formatNumber,
  formatPercent,
  table,
  tableText,
  type Report,
  type ReportFigure,
  type Table,
} from "../lab/index.js";
import { addOptions, collect, jsonOption, orUsageError, UsageError, usageFault } from "./options.js";
import type { Answer } from "./run.js";
import type { Verb } from "./verb.js";

interface PlanTyped {
  readonly mean: string;
  readonly deviation: string;
  readonly lift?: string;
  readonly users?: string;
  readonly daily?: string;
  readonly share: string;
  readonly power: string;
  readonly alpha: string;
}

interface ScoreTyped extends TextForm {
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

export const ab: Verb = (program, answer) => {
  const command = program.command("ab").description("A/B tests: plan one, or judge one from a table of users");
  const plan = command
    .command("plan")
    .description("users and days that an experiment needs, and the lift that so many users find");
  addOptions(plan, [
    new Option("--mean <number>", "mean of the metric per user, from past data").makeOptionMandatory(),
    new Option("--deviation <number>", "its standard deviation between users").makeOptionMandatory(),
    new Option("--lift <percent>", "lift to be found, in per cent of the mean"),
    new Option("--users <number>", "users of all arms together"),
    new Option("--daily <number>", "users who come into the experiment per day"),
    new Option("--share <number>", "share of the treatment").default("0.5"),
    new Option("--power <number>", "chance of finding it").default("0.8"),
    new Option("--alpha <number>", "chance of a false find, two-sided").default("0.05"),
    jsonOption(),
  ]);
  plan.action(async (typed: PlanTyped & { readonly json?: boolean }) => {
    const read = orUsageError(() => planned(typed));
    await answer("ab", typed, () => Promise.resolve(read));
  });
  const score = command
    .command("score")
    .argument("<file>", "one row per user: .csv, .tsv (also .gz) or .parquet")
    .description(
      "judges an experiment: decision, effects with intervals, guardrails, sample ratio; a scorecard as HTML and JSON",
    );
  addOptions(score, [
    new Option("--metric <name[=column[/column]]>", "a metric: its column, or a ratio of two; the first decides")
      .argParser(collect)
      .makeOptionMandatory(),
    new Option("--unit <column>", "column of users").default("user"),
    new Option("--arm <column>", "column of arms").default("arm"),
    new Option("--control <name>", "the control's name in that column").default("control"),
    new Option("--lower <name>", "a metric that should go down").argParser(collect),
    new Option("--guardrail <name=percent>", "a metric that may get worse by so many per cent at most").argParser(
      collect,
    ),
    new Option("--covariate <name=column>", "what was known of the user before, for CUPED").argParser(collect),
    new Option("--shares <numbers>", "planned shares of control and treatment, for example 50,50 (default: equal)"),
    new Option("--winsorise <number>", "quantile above which a user's value is cut, for example 0.99"),
    new Option("--level <number>", "of intervals").default("0.95"),
    new Option("--tuned-for <number>", "always-valid intervals, for looking every day: narrowest at so many users"),
    new Option("--no-header", "no line names the columns; they are called 1, 2, …"),
    new Option("--separator <text>", "what is between two fields of the file (default: recognised)"),
    new Option("--encoding <name>", "of the file (default: utf-8)"),
    jsonOption(),
  ]);
  score.action(async (file: string, typed: ScoreTyped & { readonly json?: boolean }) => {
    const read = orUsageError(() => asked(typed));
    await answer("ab", typed, () => scored(file, read));
  });
};

/** A number between two bounds. @throws UsageError */
function number(name: string, text: string, above: number, below = Infinity): number {
  const value = Number(text);
  if (text.trim() !== text || !/^[-+.\deE]+$/.test(text) || !(value > above && value < below))
    throw new UsageError(
      `invalid ${name}: ${text}; allowed: a number above ${above}${below < Infinity ? ` and below ${below}` : ""}`,
    );
  return value;
}

function planned(typed: PlanTyped): Answer {
  const mean = number("--mean", typed.mean, -Infinity);
  const variance = number("--deviation", typed.deviation, 0) ** 2;
  if (mean === 0) throw new UsageError("invalid --mean: 0; allowed: another number, as a lift is a share of it");
  const options = {
    treatmentShare: number("--share", typed.share, 0, 1),
    power: number("--power", typed.power, 0, 1),
    alpha: number("--alpha", typed.alpha, 0, 1),
  };
  const daily = typed.daily === undefined ? undefined : number("--daily", typed.daily, 0);
  const given = typed.users === undefined ? undefined : number("--users", typed.users, 3);
  const lift = typed.lift === undefined ? undefined : number("--lift", typed.lift, 0) / 100;
  if (lift === undefined && given === undefined && daily === undefined)
    throw new UsageError("neither --lift nor --users nor --daily is given; at least one is needed");
  const users = lift === undefined ? undefined : usersNeeded(variance, lift * Math.abs(mean), options);
  const sizes = [
    ...(given === undefined ? [] : [given]),
    ...(users === undefined ? [] : [users]),
    ...(daily === undefined ? [] : [7, 14, 28].map((days) => Math.round(days * daily))),
  ].filter((n) => n >= 4);
  const rows = [...new Set(sizes)]
    .sort((a, b) => a - b)
    .map((n) => ({
      users: n,
      ...(daily !== undefined && { days: daysNeeded(n, [daily]) }),
      "lift found": smallestEffect(variance, n, options) / Math.abs(mean),
      ...(lift !== undefined && { "power for the lift": powerOf(variance, lift * mean, n, options) }),
    }));
  const shares = ["lift found", "power for the lift"].map((key) => ({ key, format: "percent" as const }));
  const shown = Object.keys(rows[0] ?? {}).map((key) => shares.find((share) => share.key === key) ?? key);
  const caption =
    users === undefined
      ? "What so many users find"
      : `A lift of ${formatPercent(lift!)} needs ${users.toLocaleString("en")} users` +
        (daily === undefined ? "" : `, ${daysNeeded(users, [daily])} days`);
  const planTable = table(rows, { caption, columns: shown });
  return { json: { users: users ?? null, rows }, tables: { plan: planTable }, text: tableText(planTable) };
}

/** What was typed, checked. */
interface Asked {
  readonly plans: readonly MetricPlan[];
  readonly columns: readonly { readonly numerator: string; readonly denominator?: string; readonly before?: string }[];
  readonly typed: ScoreTyped;
  readonly shares: readonly [number, number];
  readonly level: number;
  readonly winsorise?: number;
  readonly tunedFor?: number;
}

function asked(typed: ScoreTyped): Asked {
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
  const [control, treatment, ...more] = (typed.shares ?? "1,1").split(",").map((text) => number("--shares", text, 0));
  if (control === undefined || treatment === undefined || more.length > 0)
    throw new UsageError(`invalid --shares: ${typed.shares}; allowed: two numbers, control first`);
  return {
    plans: metrics.map(({ name }): MetricPlan => {
      const margin = margins.get(name);
      return {
        name,
        better: lower.includes(name) ? "lower" : "higher",
        ...(margin !== undefined && { margin: number("--guardrail", margin, -1e-9) / 100 }),
      };
    }),
    columns: metrics.map(({ name, numerator, denominator }) => {
      const known = before.get(name);
      return { numerator, ...(denominator && { denominator }), ...(known && { before: known }) };
    }),
    typed,
    shares: [control, treatment],
    level: number("--level", typed.level, 0, 1),
    ...(typed.winsorise !== undefined && { winsorise: number("--winsorise", typed.winsorise, 0, 1) }),
    ...(typed.tunedFor !== undefined && { tunedFor: number("--tuned-for", typed.tunedFor, 0.999) }),
  };
}

async function scored(file: string, read: Asked): Promise<Answer> {
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
  const tables = Object.fromEntries(cards.map((card) => [`scorecard-${card.treatment}`, cardTable(card)]));
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
  return table(rows, { name: `scorecard-${card.treatment}`, caption, columns });
}

function reportOf(file: string, cards: readonly Scorecard[], tables: readonly Table[]): Report {
  return {
    title: `Scorecard of ${file.split("/").pop()}`,
    lede: cards.map(({ sentences }) => sentences[0]).join(" "),
    facts: cards.flatMap(({ treatment, decision, users }): [string, string][] => [
      [treatment, decision],
      ["users", (users[0] + users[1]).toLocaleString("en")],
    ]),
    sections: cards.map((card, i) => ({
      id: `arm-${i + 1}`,
      heading: `${card.treatment} against ${card.control}`,
      prose: card.sentences,
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
