import { describe, expect, it } from "vitest";
import { auc } from "../../../src/evaluation/metrics/classification.js";
import type { LabelledRows } from "../../../src/models/contract/kinds.js";
import { gbdt } from "../../../src/models/rankers/gbdt/files.js";
import { gbdtFault, gbdtPath } from "../../../src/models/rankers/gbdt/library.js";
import { fakeImpressions } from "../../support/fake-rows.js";

const fault = gbdtFault();
const made = fakeImpressions(1500, 1);
const labelledRows: LabelledRows = { features: made.features, label: made.click };

/** Impressions without user and video ids, whose noise a greedy split prefers to an interaction that neither half shows alone. */
function withoutIds(count: number, seed: number) {
  const made = fakeImpressions(count, seed);
  const { schema, categories } = made.features;
  const features = {
    ...made.features,
    schema: { ...schema, categories: schema.categories.slice(2) },
    categories: categories.filter((_, at) => at % 5 >= 2),
  };
  return { ...made, features };
}

describe.skipIf(fault !== undefined)(`trees${fault === undefined ? "" : ` (${fault})`}`, () => {
  it("they find the crossed taste and topic without being told, and stop early", async () => {
    const rows = withoutIds(20_000, 8);
    const test = withoutIds(4000, 9);
    const model = await gbdt.fit(
      { features: rows.features, label: rows.click },
      { seed: 1, trees: 1000, learningRate: 0.1, patience: 20 },
    );
    const area = auc(test.click, gbdt.score(model, test.features));
    expect(area).toBeGreaterThan(auc(test.click, test.clickProbability) - 0.045);
    expect(model.curve.stoppedEarly).toBe(true);
    const losses = model.curve.points.map((point) => point.validationLoss!);
    expect(losses[model.curve.best]).toBe(Math.min(...losses));
    expect(model.text.match(/^Tree=\d+$/gm)!.length).toBe(model.curve.points[model.curve.best]!.step);
  });

  it("one thread and two give the same bytes", async () => {
    const one = await gbdt.fit(labelledRows, { seed: 1, trees: 5, threads: 1 });
    const two = await gbdt.fit(labelledRows, { seed: 1, trees: 5, threads: 2 });
    expect(two.text.replace(/num_threads: 2/, "num_threads: 1")).toBe(one.text);
  });

  it("a row's weight counts as that many rows", async () => {
    const options = { seed: 1, trees: 3, rowShare: 1, featureShare: 1, validationShare: 0, leafRows: 1, bins: 1000 };
    const weight = Float32Array.from({ length: 1500 }, (_, i) => (labelledRows.label[i] === 1 ? 3 : 1));
    const mean = async (more: object): Promise<number> => {
      const p = gbdt.score(await gbdt.fit({ ...labelledRows, ...more }, options), labelledRows.features);
      return p.reduce((a, b) => a + b, 0) / p.length;
    };
    expect(await mean({ weight })).toBeGreaterThan((await mean({})) + 0.1);
  });
});

describe("where there is no library", () => {
  it("says where it was looked for and what to do", () => {
    if (fault === undefined) expect(gbdtPath()).toMatch(/lib_lightgbm/);
    else expect(fault).toMatch(/no LightGBM library at .*: run npm run setup|cannot be loaded/);
  });
});
