import { describe, expect, it } from "vitest";
import { gbdtFault } from "../../src/models/rankers/gbdt/library.js";
import { modelsNamed, rankerLadder, retrieverLadder } from "../../src/models/ladder.js";
import { fakeImpressions } from "../support/fake-rows.js";

const made = fakeImpressions(200, 1);
const rows = { features: made.features, label: made.click };
const interactions = {
  userCount: 3,
  itemCount: 3,
  user: Int32Array.of(0, 0, 1, 1, 2),
  item: Int32Array.of(0, 1, 1, 2, 0),
};

describe("the ladder of models", () => {
  it("names what it knows when asked for another", () => {
    expect(modelsNamed(["gbdt", "als"]).map(({ name, family }) => [name, family])).toEqual([
      ["gbdt", "ranker"],
      ["als", "retriever"],
    ]);
    expect(() => modelsNamed(["gdbt"])).toThrow(/^unknown model: gdbt; known: popularity, item-knn, .*, gbdt, /);
  });

  it.each([...rankerLadder])(
    "refuses a setting that $name does not have, and ids beyond a category's cardinality",
    async (choice) => {
      await expect(choice.fit(rows, { seed: 1, config: { learningRaet: 1 } })).rejects.toThrow(
        `unknown setting of ${choice.name}: learningRaet; known: `,
      );
      if (choice.name === "gbdt" && gbdtFault() !== undefined) return;
      const { name, cardinality } = rows.features.schema.categories[1]!;
      const beyond = {
        ...rows,
        features: { ...rows.features, categories: rows.features.categories.with(1, cardinality) },
      };
      await expect(choice.fit(beyond, { seed: 1 })).rejects.toThrow(
        `category ${name} is ${cardinality} in row 0; allowed: 0 to ${cardinality - 1}`,
      );
    },
  );

  it.each([...retrieverLadder])("refuses a setting that $name does not have", async (choice) => {
    await expect(choice.fit(interactions, { seed: 1, config: { learningRaet: 1 } })).rejects.toThrow(
      `unknown setting of ${choice.name}: learningRaet; known: `,
    );
  });
});
