/** The atlas of ten worlds under three choice models (nightly, hours): what it says must not hang on one way of choosing. */
import { expect, it } from "vitest";
import { resolve } from "node:path";
import { setting } from "../../src/pipeline/setting.js";
import { choiceChanges } from "../../src/studies/atlas/choice-models.js";
import { atlasPlan, studyAtlas } from "../../src/studies/atlas/study.js";
import { choiceModels } from "../../src/world/index.js";

it("decides most pairs, and no choice model turns an offline metric of pages into its opposite", async () => {
  const base = setting({ scale: "tiny", seed: 42, workers: 2, datasets: resolve("datasets") }); // resumed by the next night
  const { decided, estimable, cells } = await studyAtlas(base, await atlasPlan(base, { seeds: 10, choiceModels }));
  expect(new Set(cells.map(({ seed, choiceModel }) => `${seed} ${choiceModel}`)).size).toBe(30);
  expect(decided.watchMinutes).toBeGreaterThan(0.6);
  expect(estimable).toBeGreaterThan(0.5);
  const changes = choiceChanges(cells, "watchMinutes");
  expect(changes.length).toBeGreaterThan(10);
  const ndcg = changes.find(({ metric }) => metric === "NDCG@10 of pages")!;
  for (const { more, worlds } of ndcg.others) {
    expect(worlds).toBe(10);
    expect(Math.abs(more.estimate)).toBeLessThan(0.25);
  }
}, 21_600_000);
