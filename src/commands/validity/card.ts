/** The validity card as a report, and its tables; notebooks show the same ones. */
import { formatNumber, table, type Report, type Table } from "../../lab/index.js";
import type { Robustness } from "../../studies/validity/robustness.js";
import type { FactReport, RecoveryReport, ValidityRecord } from "../../studies/validity/validity.js";
import { coverageFigure, factsFigure, modelsFigure, shapeFigures, verdictsFigure } from "./figures.js";

/** The card as a report. */
export function validityReport(record: ValidityRecord): Report {
  const { facts, recovery, robustness, scale, seed } = record;
  const shapes = shapeFigures(facts);
  const inside = facts.facts.filter(({ verdict }) => verdict === "in").length;
  const sound = recovery.parameters.filter((parameter) => parameter.sound).length;
  const count = (verdict: string): number => robustness.judged.filter((one) => one.verdict === verdict).length;
  const mean = (of: (world: RecoveryReport["worlds"][number]) => number): number =>
    recovery.worlds.reduce((sum, world) => sum + of(world), 0) / recovery.worlds.length;
  const out = facts.facts.filter(({ verdict }) => verdict === "out");
  const outOfRange = ({ name, value, low, high }: (typeof out)[number]): string =>
    `${name} (${formatNumber(value as number)}, published ${formatNumber(low)} to ${formatNumber(high)})`;
  return {
    title: `Validity card: ${scale}, seed ${seed}`,
    lede:
      `${inside} of ${facts.facts.length} stylised facts lie in their published range. ${sound} of ${recovery.parameters.length} ` +
      `parameters are recovered from the log alone with sound intervals over ${recovery.worlds.length} worlds. Of ` +
      `${robustness.judged.length} judgements in ${robustness.worlds.length} worlds ${count("holds")} hold, ` +
      `${count("undecided")} are undecided and ${count("flips")} flip.`,
    facts: [
      ["Log", `${formatNumber(facts.impressions)} impressions`],
      [
        "Recovery",
        `${recovery.worlds.length} worlds of ${formatNumber(recovery.worlds[0]!.impressions)} random impressions`,
      ],
      [
        "Robustness",
        `${robustness.worlds.length} worlds × ${robustness.seeds.length} seeds, ${formatNumber(robustness.usersPerArm)} users in each arm`,
      ],
    ],
    sections: [
      {
        id: "facts",
        heading: "Stylised facts",
        prose: [
          "Each fact is measured from the log, as a platform could, and held against what is published. Quantitative ranges " +
            "are set around a number of one platform, which this world is not; qualitative ones " +
            "say what a published shape means for the measure. A fact out of range is shown as out.",
          out.length === 0 ? "No fact is out of range." : `Out of range: ${out.map(outOfRange).join("; ")}.`,
        ],
        tables: [factTable(facts), sourceTable(facts)],
        figures: [
          {
            name: "fact-ranges",
            figure: factsFigure(facts),
            caption: "What the log says, on the scale of what is published.",
          },
          {
            name: "concentration",
            figure: shapes.concentration,
            caption: "How few of the live videos take how many of the clicks.",
          },
          {
            name: "position",
            figure: shapes.position,
            caption: "Only position can explain the slope on uniformly random pages.",
          },
          { name: "watch-fraction", figure: shapes.watchFraction, caption: "How much of a clicked video is watched." },
          { name: "rhythm", figure: shapes.rhythm, caption: "Page requests by hour of the day." },
          ...(facts.columns.returnByAge.length > 2
            ? [{ name: "returns", figure: shapes.returns, caption: "Share of newcomers active by days since joining." }]
            : []),
        ],
      },
      {
        id: "recovery",
        heading: "Parameters recovered from the log alone",
        prose: [
          "In small worlds with random pages and a randomised ad load, each parameter is estimated from clicks and visits only, " +
            "with a 95 % interval; the oracle says afterwards whether the interval " +
            "holds the truth. A sound interval does so in 90 to 99 of 100 worlds.",
          "Examination of slot k is its click-weighted mean relative to slot 1: users differ, and those who click more weigh " +
            "more. Tastes are utilities of topics within users, fitted on the first half of the days and correlated with the " +
            "truth on the second; the correlation itself is told from clicks alone, by products of different " +
            "impressions. The slope of return on satisfaction is the ratio of what a high ad load does to days " +
            "with a visit and to the share of pages after which users go on; twin worlds, all low against all high, know it exactly.",
          `The main three directions of taste are found with a mean cos² ` +
            `of ${formatNumber(mean((world) => world.tasteOverlap.overlap))} ` +
            `(random directions: ${formatNumber(recovery.worlds[0]!.tasteOverlap.chance)}). The high ad load moves hidden ` +
            `satisfaction by ${formatNumber(mean((world) => world.satisfactionEffect))}; a unit of satisfaction ` +
            `is worth ${formatNumber(mean((world) => world.returnPerSatisfaction))} of the share of days with a ` +
            `visit. First-stage F is ${formatNumber(mean((world) => world.firstStageF))} on average.`,
        ],
        tables: [recoveryTable(recovery)],
        figures: [
          { name: "coverage", figure: coverageFigure(recovery), caption: `Over ${recovery.worlds.length} worlds.` },
        ],
      },
      {
        id: "agreement",
        heading: "The order of recommenders under three models of choice",
        prose: [
          "Seven recommenders that see the same log play the same days in worlds where users examine slots independently " +
            "(position), go from top to bottom (cascade), or click at most one video per page (multinomial). " +
            "Kendall's τ compares their order; 1 is the same order. Intervals by resampling users.",
        ],
        tables: [agreementTable(robustness), modelTable(robustness)],
        figures: [
          {
            name: "models",
            figure: modelsFigure(robustness),
            caption: "Levels differ between models; what must agree is the order within each.",
          },
        ],
      },
      {
        id: "perturbation",
        heading: "Which conclusions flip when the world is changed",
        prose: [
          "Each conclusion is judged again in worlds with one behaviour changed, by the interval of its difference, paired by " +
            "user. A conclusion that flips depends on the constant that was " +
            "changed: it is a finding about this world, not about recommenders.",
        ],
        tables: [verdictTable(robustness)],
        figures: [
          {
            name: "verdicts",
            figure: verdictsFigure(robustness),
            caption: "Rows are conclusions, columns are worlds.",
          },
        ],
      },
    ],
  };
}

/** Facts and their ranges. */
export function factTable({ facts }: FactReport): Table {
  return table(
    facts.map(({ name, value, low, high, verdict, kind }) => ({
      fact: name,
      measured: value,
      from: low,
      to: high,
      verdict,
      range: kind,
    })),
    {
      caption: "Stylised facts",
      columns: ["fact", { key: "measured", format: written }, "from", "to", "verdict", "range"],
    },
  );
}

function sourceTable({ facts }: FactReport): Table {
  return table(
    facts.map(({ name, measure, note, source }) => ({
      fact: name,
      source,
      "what is published": note,
      "what is measured": measure,
    })),
    { name: "sources", caption: "Measures and sources" },
  );
}

/** Coverage by parameter. */
export function recoveryTable({ parameters }: RecoveryReport): Table {
  return table(
    parameters.map(({ name, coverage: c, sound }) => ({
      parameter: name,
      "mean truth": c.meanTruth,
      "mean error": c.meanError,
      "mean width": c.meanWidth ?? Infinity,
      covered: `${c.covered} of ${c.worlds}`,
      sound: sound ? "yes" : "no",
    })),
    { caption: "Coverage of 95 % intervals" },
  );
}

/** Kendall's τ of each pair of models. */
export function agreementTable({ agreement }: Robustness): Table {
  const metrics: Readonly<Record<string, string>> = {
    watchMinutes: "watch time",
    ctr: "CTR",
    activeShare: "active users",
  };
  return table(
    agreement.map(({ metric, a, b, kendall }) => ({
      metric: metrics[metric] ?? metric,
      models: `${a} and ${b}`,
      "Kendall τ": kendall,
    })),
    { caption: "Rank agreement of seven recommenders" },
  );
}

function modelTable({ models }: Robustness): Table {
  return table(
    models.flatMap(({ model, arms }) =>
      arms.map(({ policy, watchMinutes, ctr, activeShare }) => ({
        model,
        policy,
        "watch min/user-day": watchMinutes,
        CTR: ctr,
        "active users": activeShare,
      })),
    ),
    {
      name: "models",
      caption: "Recommenders under each model, 95 % intervals by user",
      columns: [
        "model",
        "policy",
        "watch min/user-day",
        { key: "CTR", format: "percent" },
        { key: "active users", format: "percent" },
      ],
    },
  );
}

/** Worlds in which each conclusion does not hold, with the base difference. */
export function verdictTable({ conclusions, worlds, judged }: Robustness): Table {
  return table(
    conclusions.map(({ id, text }) => {
      const own = judged.filter((one) => one.conclusion === id);
      const where = (verdict: string): string =>
        own
          .filter((one) => one.verdict === verdict)
          .map(({ world }) => world)
          .join(", ");
      return {
        conclusion: text,
        [`difference, ${worlds[0]}`]: own[0]!.difference,
        holds: own.filter(({ verdict }) => verdict === "holds").length,
        "undecided in": where("undecided") || "–",
        "flips in": where("flips") || "–",
      };
    }),
    { caption: `Conclusions in ${worlds.length} worlds` },
  );
}

function written(value: unknown): string {
  return typeof value === "number" ? formatNumber(value) : "too few";
}
