import { describe, expect, test } from "vitest";
import {
  auc,
  averagePrecision,
  beyondAccuracy,
  bestF1,
  brier,
  calibrationError,
  confusion,
  groupedAuc,
  logLoss,
  mae,
  meanOf,
  normalisedEntropy,
  prAucTrapezoid,
  rankScored,
  rmse,
  scoreCurve,
  xauc,
  type RankingMetrics,
  type RankingOptions,
} from "../../../src/evaluation/index.js";
import peers from "./peers.json" with { type: "json" };

// values of the libraries: peers.py made them

type Values = Readonly<Record<string, number | readonly number[]>>;

/** torchrec adds 1e-10 to the denominators of its GAUC, and its NDCG has discounts in float32. */
const tolerance = (library: string): number => (library === "torchrec" ? 1e-8 : 1e-12);

/** Every value of a library must have one of ours, and they must be equal. */
function agree(library: string, theirs: Values, ours: Readonly<Record<string, number | ArrayLike<number>>>): void {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  for (const [name, value] of Object.entries(theirs)) {
    const [wanted, found] = [[value].flat(), ours[name]!];
    const values = typeof found === "number" ? [found] : Array.from(found);
    expect(values.length, `${library} ${name}`).toBe(wanted.length);
    values.forEach((one, i) =>
      expect(Math.abs(one - wanted[i]!), `${library} ${name}`).toBeLessThan(tolerance(library)),
    );
  }
}

describe.each(Object.entries(peers.binary))("metrics of labels and scores (%s)", (name, given) => {
  const { labels, scores, weights, users } = given;
  const curve = scoreCurve(labels, scores);
  const weighted = scoreCurve(labels, scores, weights);

  test("equal scikit-learn's", () => {
    const { truePositives, falsePositives, falseNegatives, trueNegatives, precision, recall, f1 } = confusion(
      labels,
      scores,
      0.5,
      weights,
    );
    agree("scikit-learn", given["scikit-learn"], {
      auc: auc(labels, scores),
      "auc weighted": auc(labels, scores, weights),
      "average precision": averagePrecision(curve),
      "average precision weighted": averagePrecision(weighted),
      "pr trapezoid": prAucTrapezoid(curve),
      confusion: [truePositives, falsePositives, falseNegatives, trueNegatives],
      precision,
      recall,
      f1,
      "best f1": bestF1(curve).f1,
      "best threshold": bestF1(curve).threshold,
      "log loss": logLoss(labels, scores),
      "log loss weighted": logLoss(labels, scores, weights),
      brier: brier(labels, scores),
      "brier weighted": brier(labels, scores, weights),
      "ece by width": calibrationError(labels, scores, 10, "width"),
      "auc by user": groupedAuc(labels, scores, users).auc.filter((value) => !Number.isNaN(value)),
    });
  });

  test("equal RecBole's", () => {
    agree("RecBole", given.RecBole, {
      auc: auc(labels, scores),
      "gauc by positives": groupedAuc(labels, scores, users, "positives").value,
      "log loss": logLoss(labels, scores),
    });
  });

  test("equal torchrec's", () => {
    agree("torchrec", given.torchrec, {
      ne: normalisedEntropy(labels, scores),
      "ne weighted": normalisedEntropy(labels, scores, weights),
      auprc: averagePrecision(curve),
      "auprc weighted": averagePrecision(weighted),
      ...(name === "distinct" && { "gauc equal": groupedAuc(labels, scores, users, "equal").value }),
    });
  });
});

test.each(Object.entries(peers.amounts))("errors and order of amounts equal the libraries' (%s)", (_, given) => {
  const { actual, predicted, weights } = given;
  agree("scikit-learn", given["scikit-learn"], {
    rmse: rmse(actual, predicted),
    "rmse weighted": rmse(actual, predicted, weights),
    mae: mae(actual, predicted),
    "mae weighted": mae(actual, predicted, weights),
  });
  agree("scipy", given.scipy, { concordance: xauc(actual, predicted) });
  agree("RecBole", given.RecBole, { rmse: rmse(actual, predicted), mae: mae(actual, predicted) });
  agree("torchrec", given.torchrec, { "xauc agreement": xauc(actual, predicted, "agreement") });
});

describe.each(Object.entries(peers.lists))("metrics of lists (%s)", (_, given) => {
  const { labels, scores, queries, k } = given;
  const ranked = (options: RankingOptions = {}): RankingMetrics => rankScored(labels, scores, queries, k, options);
  const [linear, exponential] = [ranked(), ranked({ gain: "exponential" })];

  test("equal scikit-learn's, ties averaged", () => {
    agree("scikit-learn", given["scikit-learn"], {
      dcg: linear.dcg,
      ndcg: linear.ndcg,
      "dcg exponential": exponential.dcg,
      "ndcg exponential": exponential.ndcg,
    });
  });

  test.runIf("ranx" in given)("equal ranx's, RecBole's and torchrec's", () => {
    const { ranx, RecBole, torchrec } = peers.lists.distinct;
    const at = (level: string, of: RankingMetrics): Record<string, Float64Array> => ({
      [`precision@${k}${level}`]: of.precision,
      [`recall@${k}${level}`]: of.recall,
      [`hit_rate@${k}${level}`]: of.hit,
      [`mrr@${k}${level}`]: of.reciprocalRank,
      [`map@${k}${level}`]: of.averagePrecision,
    });
    agree("ranx", ranx, {
      ...at("", ranked({ averageOver: "relevant" })),
      ...at("-l2", ranked({ averageOver: "relevant", relevantFrom: 2 })),
      [`dcg@${k}`]: linear.dcg,
      [`ndcg@${k}`]: linear.ndcg,
      [`dcg_burges@${k}`]: exponential.dcg,
      [`ndcg_burges@${k}`]: exponential.ndcg,
    });
    const relevant = labels.map((grade) => (grade > 0 ? 1 : 0));
    agree("RecBole", RecBole, {
      map: linear.averagePrecision,
      mrr: linear.reciprocalRank,
      hit_rate: linear.hit,
      recall: linear.recall,
      precision: linear.precision,
      "ndcg binary": rankScored(relevant, scores, queries, k).ndcg,
    });
    agree("torchrec", torchrec, {
      "mean ndcg": meanOf(linear.ndcg),
      "mean ndcg exponential": meanOf(exponential.ndcg),
    });
  });
});

test("coverage and Gini of lists equal RecBole's", () => {
  const { top, k, items, RecBole } = peers.shown;
  const { coverage, gini } = beyondAccuracy(Int32Array.from(top), k, { taken: new Float64Array(items) });
  agree("RecBole", RecBole, { coverage, gini });
});
