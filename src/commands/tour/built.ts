/** What was built, in the tour's report: requirements, data, models. */
import { figures, formatNumber, table, type ReportFigure, type ReportSection } from "../../lab/index.js";
import type { TourRecord } from "./record.js";
import { figure } from "./parts.js";

/** Steps 1 and 2. */
export function requirements({ capacity, funnel }: TourRecord): ReportSection {
  return {
    id: "requirements",
    heading: "1–2 Requirements and framing",
    prose: [
      "The load of the platform, as arithmetic that can be checked line by line. The goal is watch time " +
        "that makes users return; the label is watch time; the funnel narrows the catalogue to a page.",
    ],
    tables: [
      table(
        capacity.map(({ name, formula, value, unit }) => ({ name, formula, value, unit })),
        { caption: "Budgets" },
      ),
    ],
    figures: [
      figure(
        "funnel",
        figures.funnelStages({
          stages: [
            { name: "catalogue", count: funnel.catalogue },
            { name: "retrieved", count: funnel.retrieved },
            { name: "ranked", count: funnel.ranked },
            { name: "page", count: funnel.slate },
          ],
        }),
        "How many videos each stage passes on.",
      ),
    ],
  };
}

/** Step 3. */
export function data({ facts }: TourRecord): ReportSection {
  const rate = ({ impressions, clicks }: { impressions: readonly number[]; clicks: readonly number[] }): number[] =>
    impressions.map((n, i) => (n === 0 ? 0 : clicks[i]! / n));
  return {
    id: "data",
    heading: "3 Data",
    prose: [
      "The log was collected by a mixture of segment popularity, topic affinity and uniformly random " +
        "pages. On the random pages only the position can explain why a click is less likely further down.",
    ],
    figures: [
      figure(
        "position",
        figures.positionCurve({
          series: facts.byPosition.map((part) => ({
            name: part.pages === "all" ? "all pages" : "uniform pages",
            positions: part.impressions.map((_, i) => i),
            rate: rate(part),
          })),
        }),
        "CTR by position.",
      ),
      figure(
        "concentration",
        figures.popularityConcentration({ series: [{ name: "logging", byVideo: facts.impressionsByVideo }] }),
        "How unevenly impressions are distributed over videos.",
      ),
      figure(
        "watch-fraction",
        figures.watchFraction({ series: [{ name: "clicks", fractions: facts.watchFractions }] }),
        "How much of a clicked video is watched.",
      ),
    ],
  };
}

/** Step 4. */
export function models({ fits }: TourRecord): ReportSection {
  const curve = (name: string, fit: TourRecord["fits"]["ranker"]): ReportFigure => {
    const x = fit.curve.points.map((point) => point.examples);
    const validation = fit.curve.points.filter((point) => point.validationLoss !== undefined);
    return figure(
      `curve-${name}`,
      figures.learningCurve({
        metric: "loss",
        unit: "examples",
        title: `${name}: loss while training`,
        series: [
          { name: "train", x, y: fit.curve.points.map((point) => point.trainLoss) },
          {
            name: "validation",
            x: validation.map((p) => p.examples),
            y: validation.map((p) => p.validationLoss as number),
          },
        ],
      }),
      `${formatNumber(fit.rows)} training rows; the weights of the best validation ` +
        `are kept${fit.curve.stoppedEarly ? ", training stopped early" : ""}.`,
    );
  };
  return {
    id: "models",
    heading: "4 Models",
    prose: [
      "Two towers retrieve (in-batch sampled softmax with logQ correction), " +
        "a deep and cross network ranks (click, and watch time given a click).",
    ],
    figures: [curve("two-tower", fits.twoTower), curve("ranker", fits.ranker)],
  };
}
