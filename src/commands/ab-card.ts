/** A scorecard as tables, figures and prose: narrow tables, so that the page can be read on a phone. */
import type { JudgedMetric, Scorecard } from "../evaluation/index.js";
import {
  figures,
  formatNumber,
  formatPercent,
  table,
  type ReportFigure,
  type ReportSection,
  type Table,
} from "../lab/index.js";

type Section = ReportSection & { readonly tables: readonly Table[] };

/** The section of a treatment. */
export function sectionOf(card: Scorecard, i: number): Section {
  const { control, treatment, sentences, open, looks, novelty, segments, users } = card;
  const first = card.metrics[0]!.metric.name;
  const name = (of: string): string => `${of}-${i + 1}`;
  const percent = (key: string) => ({ key, format: "percent" as const });
  const tables = [
    table(card.metrics.map(effectRow), {
      name: name("scorecard"),
      caption:
        `${treatment} (${users[1]} users) against ${control} (${users[0]}); ` +
        `p of the sample ratio ${formatNumber(card.sampleRatio.pValue)}`,
      columns: [
        "metric",
        { key: "control", label: control },
        { key: "treatment", label: treatment },
        percent("lift"),
        "verdict",
      ],
    }),
    table(card.metrics.map(checkRow), {
      name: name("checks"),
      caption: "What it rests on",
      columns: ["metric", "difference", "p", "p, Holm", percent("finds"), percent("kept"), "guardrail"],
    }),
    ...(looks
      ? [
          table(
            looks.map(({ day, users: [a, b], fixed, valid }) => ({
              day: day - looks[0]!.day + 1,
              users: a + b,
              "one look": fixed.difference,
              "all looks": valid,
            })),
            { name: name("looks"), caption: `${first}: difference at the end of each day of exposure` },
          ),
        ]
      : []),
    ...(novelty
      ? [
          table(
            novelty.days.map(({ day, users: there, effect }) => ({
              "days since": day,
              users: there,
              difference: effect.difference,
            })),
            {
              name: name("novelty"),
              caption: `${first} by days since exposure; trend per day ${interval(novelty.trend)}, p ${formatNumber(novelty.pValue)}`,
            },
          ),
        ]
      : []),
    ...Object.entries(segments).map(([segment, { segments: rows, interaction }], s) =>
      table(
        rows.map((row) => ({
          [segment]: row.segment,
          users: row.users[0] + row.users[1],
          difference: row.difference,
          "p, Holm": row.holm,
          "p, BH": row.benjaminiHochberg,
        })),
        {
          name: name(`segments-${s + 1}`),
          caption: `${first} by ${segment}; p of equal effects ${formatNumber(interaction.pValue)}`,
        },
      ),
    ),
  ];
  return {
    id: name("arm"),
    heading: `${treatment} against ${control}`,
    prose: [...sentences, ...(open.length > 0 ? [`Not decided: ${open.join(" ")}`] : [])],
    tables,
    figures: [...liftFigure(card, name("lifts")), ...noveltyFigure(card, name("days"))],
  };
}

function effectRow({ metric, verdict, lift, control, treatment }: JudgedMetric): Record<string, unknown> {
  return { metric: metric.name, control: control.estimate, treatment: treatment.estimate, lift, verdict };
}

function checkRow(one: JudgedMetric): Record<string, unknown> {
  return {
    metric: one.metric.name,
    difference: one.difference,
    p: one.pValue,
    "p, Holm": one.adjustedP,
    finds: one.smallestLift,
    kept: one.kept,
    guardrail: one.guardrail === undefined ? "" : `${one.guardrail} (${formatPercent(one.metric.margin!)})`,
  };
}

function liftFigure({ metrics, control, treatment }: Scorecard, name: string): readonly ReportFigure[] {
  const rows = metrics
    .filter(({ lift }) => [lift.estimate, lift.low, lift.high].every(Number.isFinite))
    .map(({ metric, lift }) => ({ label: metric.name, lift, better: metric.better }));
  if (rows.length === 0) return [];
  return [
    { name, caption: "Lifts with their intervals", figure: figures.lifts({ control, treatment, metrics: rows }) },
  ];
}

function noveltyFigure({ metrics, novelty, treatment }: Scorecard, name: string): readonly ReportFigure[] {
  if (!novelty) return [];
  const { name: label } = metrics[0]!.metric;
  const days = novelty.days.map(({ day, effect }) => ({ day, interval: effect.difference }));
  const title = `The effect on ${label} by days since exposure`;
  return [
    {
      name,
      caption: "0 is the day of exposure",
      figure: figures.dayLines({
        metric: { label, unit: `${label}, difference` },
        series: [{ name: treatment, days }],
        title,
      }),
    },
  ];
}

const interval = ({ estimate, low, high }: { estimate: number; low: number; high: number }): string =>
  `${formatNumber(estimate)} (${formatNumber(low)} to ${formatNumber(high)})`;
