import { describe, expect, it } from "vitest";
import { modelContract } from "../../../src/models/contract/checks.js";
import type { ModelContractOptions } from "../../../src/models/contract/types.js";
import type { FittedRanker, ModelChoice, RankerChoice } from "../../../src/models/ladder.js";
import { modelOf } from "../../../src/models/contract/own-model.js";
import { tensorflow } from "../../../src/models/network/tensor.js";
import {
  fitting,
  learning,
  mended,
  rankerConfig,
  relabelled,
  retrieverConfig,
  retrieving,
  scoring,
  soundRanker,
  soundRetriever,
} from "./broken-models.js";
import { keepsContract } from "./contract.js";

const rankers: ModelContractOptions = { config: rankerConfig, seeded: true };
const retrievers: ModelContractOptions = { config: retrieverConfig, seeded: true };
const optionsOf = (choice: ModelChoice): ModelContractOptions => (choice.family === "ranker" ? rankers : retrievers);

keepsContract(soundRanker, rankers);
keepsContract(soundRetriever, retrievers);

interface Mutant {
  readonly what: string;
  readonly model: () => ModelChoice;
  readonly caught: string;
  readonly options?: ModelContractOptions;
}

/** Numbers of the contract's rows: appeal and noise, row by row. */
const noise = 1;

const mutants: readonly Mutant[] = [
  {
    what: "a ranker that turns its scores round",
    caught: "the planted row ranks first",
    model: () => scoring((score, rows) => score(rows).map((p) => 1 - p)),
  },
  {
    what: "a ranker that gives percent now and then",
    caught: "scores are probabilities",
    model: () =>
      scoring((score, rows) => score(rows).map((p, row) => (rows.numbers[2 * row + noise]! > 1 ? 100 * p : p))),
  },
  {
    what: "a ranker that is sure of the surest rows",
    caught: "a ranker that is sure still leaves a chance",
    model: () => scoring((score, rows) => score(rows).map((p) => (p > 0.999 ? 1 : p < 0.001 ? 0 : p))),
  },
  {
    what: "a ranker that has no score for newcomers",
    caught: "a category never seen",
    model: () => scoring((score, rows) => score(rows).map((p, row) => (rows.categories[2 * row]! >= 60 ? NaN : p))),
  },
  {
    what: "a ranker that divides by a feature's deviation",
    caught: "a feature that is missing",
    model: () =>
      fitting(async (fit, rows, ...rest) => {
        const fitted = await fit(rows, ...rest);
        const spread = rows.features.numbers.reduce(
          (sum, value, at) => (at % 2 === noise ? sum + value * value : sum),
          0,
        );
        return { ...fitted, score: (asked) => fitted.score(asked).map((p) => (p * spread) / spread) };
      }),
  },
  {
    what: "a ranker that normalises by batch",
    caught: "a batch says what single rows say",
    model: () => scoring((score, rows) => score(rows).map((p, _, all) => p * (1 - 0.1 * all[0]!))),
  },
  {
    what: "a ranker that answers when nothing is asked",
    caught: "no rows give no scores",
    model: () => scoring((score, rows) => (rows.count === 0 ? new Float32Array(1) : score(rows))),
  },
  {
    what: "a ranker that hands out its own memory",
    caught: "scores that were handed out stay",
    model: () => {
      const memory = new WeakMap<FittedRanker["score"], Float32Array>();
      return scoring((score, rows) => {
        const scores = score(rows);
        const held = memory.get(score);
        if (held?.length !== scores.length) return (memory.set(score, scores), scores);
        held.set(scores);
        return held;
      });
    },
  },
  {
    what: "a ranker with luck of its own",
    caught: "the same seed gives the same model",
    model: () => {
      let fits = 0;
      return fitting((fit, rows, options, control) =>
        fit(rows, { ...options, seed: options.seed + 100 * fits++ }, control),
      );
    },
  },
  {
    what: "a ranker that ignores its seed",
    caught: "another seed gives another model",
    model: () => fitting((fit, rows, options, control) => fit(rows, { ...options, seed: 1 }, control)),
  },
  {
    what: "a ranker that is said to have no luck",
    caught: "the seed changes nothing",
    model: () => soundRanker,
    options: { ...rankers, seeded: false },
  },
  {
    what: "a ranker that keeps a tensor",
    caught: "fitting and scoring leave no tensors behind",
    model: () =>
      fitting(async (...given) => {
        const fitted = await given[0](given[1], given[2], given[3]);
        tensorflow().zeros([1]);
        return fitted;
      }),
  },
  {
    what: "a ranker that does not hear of an abort",
    caught: "an abort ends the fit",
    model: () => fitting((fit, rows, options, { onProgress } = {}) => fit(rows, options, onProgress && { onProgress })),
  },
  {
    what: "a ranker that is kept with too few digits",
    caught: "saved and loaded it says the same bits",
    model: (): RankerChoice => ({
      ...soundRanker,
      load: async (dir) => {
        const fitted = await soundRanker.load!(dir);
        return { ...fitted, score: (rows) => fitted.score(rows).map((p) => Math.round(p * 1e6) / 1e6) };
      },
    }),
  },
  {
    what: "a ranker that loads what it last saved when files are damaged",
    caught: "damaged files are refused",
    model: (): RankerChoice => {
      let last: FittedRanker | undefined;
      const remembered = (fitted: FittedRanker): FittedRanker => ({
        ...fitted,
        save: (dir) => ((last = fitted), fitted.save!(dir)),
      });
      return {
        ...soundRanker,
        fit: async (...all) => remembered(await soundRanker.fit(...all)),
        load: (dir) => soundRanker.load!(dir).then(remembered, (error: unknown) => last ?? Promise.reject(error)),
      };
    },
  },
  {
    what: "a ranker that cleans its rows in place",
    caught: "fitting and scoring leave the rows as they were",
    model: () =>
      fitting(async (fit, rows, ...rest) => {
        const fitted = await fit(rows, ...rest);
        rows.features.numbers[0] = 0;
        return fitted;
      }),
  },
  {
    what: "a ranker content with one class",
    caught: "no rows, and rows of one class only",
    model: () =>
      fitting((fit, rows, ...rest) =>
        fit(new Set(rows.label as number[]).size === 1 ? relabelled(rows, (_, row) => row % 2) : rows, ...rest),
      ),
  },
  {
    what: "a ranker that takes any number for a label",
    caught: "labels other than 0 and 1",
    model: () =>
      fitting((fit, { weight: _, ...rows }, ...rest) =>
        fit(
          relabelled(rows, (value) => (value > 0 ? 1 : 0)),
          ...rest,
        ),
      ),
  },
  {
    what: "a ranker that takes missing labels for 0",
    caught: "columns of another length",
    model: () =>
      fitting((fit, rows, ...rest) =>
        fit({ ...rows, label: Array.from({ length: rows.features.count }, (_, row) => rows.label[row] ?? 0) }, ...rest),
      ),
  },
  {
    what: "a ranker that takes NaN for 0",
    caught: "NaN in a feature is refused",
    model: () =>
      fitting(async (fit, rows, ...rest) => {
        const fitted = await fit({ ...rows, features: mended(rows.features) }, ...rest);
        return { ...fitted, score: (asked) => fitted.score(mended(asked)) };
      }),
  },
  {
    what: "a ranker that reads columns by place",
    caught: "rows of another schema are refused",
    model: () =>
      fitting(async (fit, rows, ...rest) => {
        const fitted = await fit(rows, ...rest);
        return { ...fitted, score: (asked) => fitted.score({ ...asked, schema: rows.features.schema }) };
      }),
  },
  {
    what: "a retriever that turns its scores round",
    caught: "an item of the user's planted taste",
    model: () => retrieving((score, users) => score(users).map((x) => -x)),
  },
  {
    what: "a popularity that likes what is rare",
    caught: "the item taken most often ranks first",
    model: () => retrieving((score, users) => score(users).map((x) => -x)),
    options: { ...retrievers, personal: false },
  },
  {
    what: "a retriever without bounds for newcomers",
    caught: "scores are finite",
    model: () =>
      retrieving((score, users, items) =>
        score(users).map((x, cell) => (users[Math.floor(cell / items)] === 60 && cell % items === 3 ? Infinity : x)),
      ),
  },
  {
    what: "a retriever that answers each user once",
    caught: "lists come best first",
    model: () =>
      retrieving((score, users, items) =>
        score(users).map((x, cell) =>
          users.indexOf(users[Math.floor(cell / items)]!) < Math.floor(cell / items) ? 0 : x,
        ),
      ),
  },
  {
    what: "a retriever that sorts its rows in place",
    caught: "fitting leaves the interactions as they were",
    model: () =>
      learning(async (fit, rows, ...rest) => {
        const fitted = await fit(rows, ...rest);
        rows.item.sort();
        return fitted;
      }),
  },
  {
    what: "a retriever that takes strangers for the first user",
    caught: "a user that does not exist is named",
    model: () => retrieving((score, users) => score(users.map((user) => (user >= 0 && user < 61 ? user : 0)))),
  },
  {
    what: "a retriever that takes what is paired",
    caught: "no interactions, and columns of another length",
    model: () =>
      learning((fit, rows, ...rest) => {
        const pairs = Math.min(rows.user.length, rows.item.length);
        return fit({ ...rows, user: rows.user.slice(0, pairs), item: rows.item.slice(0, pairs) }, ...rest);
      }),
  },
  {
    what: "a retriever that ignores weights",
    caught: "ids out of range, and weights",
    model: () => learning((fit, { weight: _, ...rows }, ...rest) => fit(rows, ...rest)),
  },
];

const namesOf = (choice: ModelChoice, options: ModelContractOptions): readonly string[] =>
  modelContract(choice, options).map(({ name }) => name);

describe("the contract of models catches", () => {
  it.each(mutants)("$what, by one check and no other", async ({ model, caught, options }) => {
    const choice = model();
    const failed: string[] = [];
    for (const { name, run } of modelContract(choice, options ?? optionsOf(choice))) {
      try {
        await run();
      } catch {
        failed.push(name);
      }
    }
    expect(failed).toEqual([expect.stringContaining(caught)]);
  });

  it("at least one broken model for every check", () => {
    const all = [soundRanker, soundRetriever].flatMap((choice) =>
      [{}, { seeded: true }, { seeded: false }, { personal: false }].flatMap((options) => namesOf(choice, options)),
    );
    expect([...new Set(all)].filter((name) => !mutants.some(({ caught }) => name.includes(caught)))).toEqual([]);
  });
});

describe("the contract's options", () => {
  it("leave out files where a model has no load, and luck where nothing is said of it", () => {
    const own = modelOf({ fit: () => undefined }, "own.mjs");
    expect(namesOf(soundRanker, rankers).filter((name) => !namesOf(own, {}).includes(name))).toEqual([
      expect.stringContaining("another seed"),
      expect.stringContaining("saved and loaded"),
      expect.stringContaining("damaged files"),
    ]);
  });

  it("say how far two fits of one seed may be apart", async () => {
    let fits = 0;
    const drifting = fitting(async (...given) => {
      const fitted = await given[0](given[1], given[2], given[3]);
      const shift = 1e-4 * fits++;
      return { ...fitted, score: (rows) => fitted.score(rows).map((p) => Math.min(1, p + shift)) };
    });
    const check = (tolerance: number): Promise<void> =>
      Promise.resolve(
        modelContract(drifting, { ...rankers, tolerance })
          .find(({ name }) => name.startsWith("the same seed"))!
          .run(),
      );
    await expect(check(1e-6)).rejects.toThrow(
      /a second fit of the same seed gives 0\.\d+ as score 0; expected 0\.\d+, give or take 0\.000001/,
    );
    await expect(check(1e-3)).resolves.toBeUndefined();
  });
});
