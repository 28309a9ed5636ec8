/** The figures of the card, each from the record; the notebook shows the same ones. */
import { shareInterval } from "../../evaluation/index.js";
import { figures, type Figure } from "../../lab/index.js";
import type { FactReport, RecoveryReport } from "../../studies/validity/validity.js";
import type { Robustness } from "../../studies/validity/robustness.js";

/** Facts in their ranges. */
export function factsFigure({ facts }: FactReport): Figure {
  return figures.factRanges({ facts });
}

/** The shapes behind four of the facts. */
export function shapeFigures({
  columns,
}: FactReport): Readonly<Record<"concentration" | "position" | "watchFraction" | "rhythm" | "returns", Figure>> {
  const { clicksByVideo, uniformClickRate, watchFractions, requestsByHour, returnByAge } = columns;
  const requests = requestsByHour.reduce((a, b) => a + b, 0);
  return {
    concentration: figures.popularityConcentration({
      series: [{ name: "live videos", byVideo: clicksByVideo }],
      what: "clicks",
    }),
    position: figures.positionCurve({
      series: [{ name: "random pages", positions: uniformClickRate.map((_, k) => k), rate: uniformClickRate }],
    }),
    watchFraction: figures.watchFraction({ series: [{ name: "plays", fractions: watchFractions }] }),
    rhythm: figures.heat({
      title:
        `Requests by hour: the busiest has ` +
        `${(Math.max(...requestsByHour) / Math.max(1, Math.min(...requestsByHour))).toFixed(0)} times the quietest`,
      rows: ["share of requests, %"],
      columns: requestsByHour.map((_, hour) => String(hour)),
      values: [requestsByHour.map((n) => (100 * n) / requests)],
      unit: "%",
      columnTitle: "hour of the day",
    }),
    returns: figures.dayLines({
      metric: { label: "Return", unit: "share of newcomers active" },
      share: true,
      title: "How many newcomers are active, by days since joining",
      series: [
        {
          name: "newcomers",
          days: returnByAge.map(({ active, newcomers }, day) => ({ day, interval: shareInterval(active, newcomers) })),
        },
      ],
    }),
  };
}

/** Coverage by parameter. */
export function coverageFigure({ parameters }: RecoveryReport): Figure {
  return figures.coverageDots({
    parameters: parameters.map(({ name, sound, coverage: { covered, worlds, low, high } }) => ({
      name,
      covered,
      worlds,
      low,
      high,
      sound,
    })),
  });
}

/** Recommenders under each choice model. */
export function modelsFigure({ models }: Robustness): Figure {
  const policies = models[0]!.arms.map(({ policy }) => policy);
  return figures.segmentDots({
    title: "Watch time of the recommenders under three models of choice",
    metric: { label: "Watch time", unit: "minutes per assigned user-day" },
    segments: models.map(({ model }) => model),
    arms: policies.map((policy) => ({
      policy,
      values: models.map(({ arms }) => arms.find((arm) => arm.policy === policy)!.watchMinutes),
    })),
  });
}

/** Conclusions by world. */
export function verdictsFigure({ conclusions, worlds, judged }: Robustness): Figure {
  return figures.verdictGrid({
    conclusions: conclusions.map(({ text }) => text),
    worlds,
    verdicts: conclusions.map(({ id }) =>
      worlds.map((world) => judged.find((one) => one.conclusion === id && one.world === world)!.verdict),
    ),
  });
}
