/** `stagecraft ab score`: an experiment judged from a table of users, with a scorecard that can be sent. */
import { readColumns, type TextForm } from "../data/index.js";
import { scorecard, type MetricPlan, type Scorecard } from "../evaluation/index.js";
import { formatNumber, tableText } from "../lab/index.js";
import { sectionOf } from "./ab-card.js";
import { armsOf, columnNames, type TableColumns } from "./ab-table.js";
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
  readonly segment?: readonly string[];
  readonly exposed?: string;
  readonly date?: string;
  readonly prePeriod?: boolean;
}

/** What was typed, checked. */
export interface Asked {
  readonly plans: readonly MetricPlan[];
  readonly columns: TableColumns;
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
  if (typed.prePeriod && (typed.date === undefined || typed.exposed === undefined))
    throw new UsageError("invalid --pre-period: --date or --exposed is not given; allowed: with both");
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
    columns: {
      unit,
      arm,
      metrics: metrics.map(({ name, numerator, denominator }) => {
        const known = before.get(name);
        return { numerator, ...(denominator && { denominator }), ...(known && { before: known }) };
      }),
      segments: segmentsOf(typed.segment ?? []),
      ...(typed.exposed !== undefined && { exposed: typed.exposed }),
      ...(typed.date !== undefined && { date: typed.date }),
      prePeriod: typed.prePeriod === true,
    },
    typed,
    shares: [control, treatment],
    level: numberBetween("--level", typed.level, 0, 1),
    ...(typed.winsorise !== undefined && { winsorise: numberBetween("--winsorise", typed.winsorise, 0, 1) }),
    ...(typed.tunedFor !== undefined && { tunedFor: numberBetween("--tuned-for", typed.tunedFor, 0.999) }),
  };
}

function segmentsOf(texts: readonly string[]): TableColumns["segments"] {
  return texts.map((text) => {
    const { 1: name, 2: known } = /^([^@]+)(?:@([^@]+))?$/.exec(text) ?? [];
    if (name === undefined)
      throw new UsageError(`invalid --segment: ${text}; allowed: COLUMN or COLUMN@COLUMN, the second its date`);
    return { name, ...(known !== undefined && { known }) };
  });
}

/** Reads the file and judges each treatment. @throws UsageError on a table that is none of users */
export async function scored(file: string, read: Asked): Promise<Answer> {
  const { typed, plans, columns } = read;
  const { control, header, separator, encoding } = typed;
  const names = columnNames(columns);
  const form = {
    ...(header === false && { header }),
    ...(separator !== undefined && { separator }),
    ...(encoding !== undefined && { encoding }),
  };
  const cells = await readColumns(file, names, form).catch((error: unknown) => {
    throw usageFault(error);
  });
  const cards = orUsageError(() => {
    const arms = armsOf(columns, new Map(names.map((name, c) => [name, cells[c]!])));
    const base = arms.find(({ name }) => name === control);
    if (base === undefined)
      throw new UsageError(
        `invalid --control: no row is in ${control}; arms there: ${arms.map(({ name }) => name).join(", ")}`,
      );
    if (arms.length === 1)
      throw new UsageError(`${file} has one arm, ${control}; allowed: the control and at least one more`);
    return arms.filter((arm) => arm !== base).map((arm) => scorecard(plans, base, arm, read));
  });
  const sections = cards.map(sectionOf);
  const { title, lede } = headOf(file, cards);
  const tables = Object.fromEntries(sections.flatMap(({ tables }) => tables.map((one) => [one.name!, one] as const)));
  return {
    json: { file, scorecards: cards },
    tables,
    report: {
      title,
      lede,
      facts: cards.flatMap(({ treatment, decision, users, sampleRatio }): [string, string][] => [
        [treatment, decision],
        ["users", (users[0] + users[1]).toLocaleString("en")],
        ["p of the sample ratio", formatNumber(sampleRatio.pValue)],
      ]),
      sections,
      metrics: { scorecards: cards },
    },
    text: cards.map((card, i) => [...sections[i]!.tables.map(tableText), listed(card)].join("\n\n")).join("\n\n"),
  };
}

const listed = ({ sentences, open }: Scorecard): string =>
  [...sentences, ...(open.length > 0 ? ["Not decided:"] : []), ...open].map((line) => `- ${line}`).join("\n");

function headOf(file: string, cards: readonly Scorecard[]): { title: string; lede: string } {
  return {
    title: `Scorecard of ${file.split("/").pop()}`,
    lede: cards.map(({ sentences }) => sentences[0]!).join(" "),
  };
}
