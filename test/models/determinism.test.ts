// Two fits of one seed on rows enough for kernels to share between threads: judged by the metrics that tables show.
import { describe, expect, it } from "vitest";
import { auc, logLoss } from "../../src/evaluation/metrics/classification.js";
import { rankLists, relevantSets } from "../../src/evaluation/metrics/ranking.js";
import { retrieveTop } from "../../src/models/contract/kinds.js";
import { byUser, type Interactions } from "../../src/models/retrievers/interactions.js";
import { modelsNamed, type FittedRetriever } from "../../src/models/ladder.js";
import { tensorflow } from "../../src/models/network/tensor.js";
import { keyOf, uniformInt } from "../../src/random.js";
import { fakeImpressions } from "../support/fake-rows.js";

const users = 400,
  items = 300,
  each = 20,
  topics = 10;
const key = keyOf(5, "determinism");
const itemOf = (user: number, n: number): number => (user % topics) + topics * uniformInt(items / topics, key, user, n);
const taken: Interactions = {
  userCount: users,
  itemCount: items,
  user: Int32Array.from({ length: users * each }, (_, at) => Math.floor(at / each)),
  item: Int32Array.from({ length: users * each }, (_, at) => itemOf(Math.floor(at / each), at % each)),
};
const everyone = Int32Array.from({ length: users }, (_, user) => user);
const later = relevantSets(
  users,
  taken.user,
  taken.user.map((user, at) => itemOf(user, each + (at % each))),
);
const impressions = fakeImpressions(6000, 5);
const tested = fakeImpressions(2000, 6);

async function metricsOf(name: string): Promise<readonly number[]> {
  const [choice] = modelsNamed([name]);
  if (choice!.family === "ranker") {
    const score = (
      await choice!.fit(
        { features: impressions.features, label: impressions.click },
        { seed: 3, config: { epochs: 2 } },
      )
    ).score(tested.features);
    return [auc(tested.click, score), logLoss(tested.click, score)];
  }
  const fitted = await choice!.fit(taken, { seed: 3, config: { epochs: 2 } });
  const kind = {
    score: (model: FittedRetriever, some: Int32Array) => model.score(some),
    itemCount: (model: FittedRetriever) => model.itemCount,
  };
  const { recall, ndcg } = rankLists(retrieveTop(kind, fitted, everyone, 10, byUser(taken)), 10, later, 10);
  return [recall, ndcg].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
}

describe("two fits of one seed", () => {
  it.each(["two-tower", "sasrec", "dnn", "dcn", "dcn-mix"])(
    "of %s have equal metrics to 1e-6 and leave no tensors",
    async (name) => {
      const before = tensorflow().memory().numTensors;
      const [one, two] = [await metricsOf(name), await metricsOf(name)];
      expect(one.every((value) => value > 0 && value < 1)).toBe(true);
      one.forEach((value, i) => expect(Math.abs(value - two[i]!)).toBeLessThanOrEqual(1e-6));
      expect(tensorflow().memory().numTensors).toBe(before);
    },
  );
});
