/** The contract's part that rankers keep: what is planted is learned, scores are probabilities, bad rows are refused. */
import type { FeatureMatrix } from "../../types.js";
import { takeRows } from "../../data/features/matrix.js";
import { plantedGrid, plantedRows, unseenUser, withValue } from "./rows.js";
import { sharedChecks } from "./shared-checks.js";
import { plantedRowCheck, refuses, type FittedSubject, type ModelCheck, type ModelContractOptions } from "./types.js";
import type { LabelledRows } from "./kinds.js";
import type { FitChoice, FittedRanker, RankerChoice } from "../ladder.js";

/** The checks of a ranker. */
export function rankerChecks(
  choice: RankerChoice,
  { config, seed = 11, seeded, tolerance }: ModelContractOptions,
): readonly ModelCheck[] {
  const planted = (): LabelledRows => plantedRows(1200, seed); // fresh for each fit, which might write into them
  const rows = planted();
  const asked = plantedRows(50, seed + 1).features;
  const options: FitChoice = { seed, ...(config && { config }) };
  const fit = (some: LabelledRows): Promise<FittedRanker> => choice.fit(some, options);
  const withNumbers = (numbers: Float32Array): LabelledRows => ({ ...rows, features: { ...rows.features, numbers } });
  const subject = (fitted: FittedRanker): FittedSubject => ({
    says: (probes) => fitted.score(takeRows(asked, probes)),
    ...(fitted.save && { save: (dir: string): Promise<string> => fitted.save!(dir) }),
  });
  let first: Promise<FittedRanker> | undefined;
  const model = (): Promise<FittedRanker> => (first ??= fit(planted()));
  const probabilities = (what: string, fitted: FittedRanker, matrix: FeatureMatrix): Float32Array => {
    const scores = fitted.score(matrix);
    if (scores.length !== matrix.count)
      throw new Error(`${what}: ${scores.length} scores; expected ${matrix.count}, one per row`);
    const bad = scores.findIndex((score) => !(score >= 0 && score <= 1));
    if (bad >= 0) throw new Error(`${what}: score ${bad} is ${scores[bad]}; allowed: probabilities, 0 to 1`);
    return scores;
  };
  return [
    {
      name: plantedRowCheck,
      async run(): Promise<void> {
        const scores = (await model()).score(plantedGrid(7));
        const better = scores.findIndex((score, at) => at > 0 && !(score < scores[0]!));
        if (better >= 0)
          throw new Error(
            `the row of the liked kind with high appeal scores ${scores[0]}, row ` +
              `${better} of the grid ${scores[better]}; allowed: the first above all others, or of a model that ` +
              `adds up single features on purpose, contract = { without: ["${plantedRowCheck}"] }`,
          );
      },
    },
    {
      name: "scores are probabilities, one per row",
      run: async () => void probabilities("planted rows", await model(), asked),
    },
    {
      name: "a ranker that is sure still leaves a chance: scores are within (0, 1)",
      async run(): Promise<void> {
        const label = Uint8Array.from({ length: rows.features.count }, (_, row) =>
          rows.features.numbers[2 * row]! > 0 ? 1 : 0,
        );
        const grid = plantedGrid(7);
        const far = { ...grid, numbers: grid.numbers.map((value) => 1e3 * value) };
        const scores = probabilities("rows far apart", await fit({ ...planted(), label }), far);
        const sure = scores.findIndex((score) => score === 0 || score === 1);
        if (sure >= 0)
          throw new Error(`rows far apart: score ${sure} is ${scores[sure]}; allowed: above 0 and below 1`);
      },
    },
    {
      name: "a category never seen in training is scored",
      run: async () => void probabilities("an unseen user", await model(), plantedGrid(unseenUser)),
    },
    {
      name: "a feature that is missing from all rows (always 0) does no harm",
      async run(): Promise<void> {
        const fitted = await fit(withNumbers(rows.features.numbers.map((value, at) => (at % 2 === 1 ? 0 : value))));
        const grid = plantedGrid(7);
        probabilities("rows without it", fitted, grid);
        probabilities("rows that have it after all", fitted, {
          ...grid,
          numbers: grid.numbers.map((value, at) => (at % 2 === 1 ? 0.5 : value)),
        });
      },
    },
    ...sharedChecks({
      probes: asked.count,
      seed,
      ...(seeded !== undefined && { seeded }),
      ...(tolerance !== undefined && { tolerance }),
      fit: async (other, control) => subject(await choice.fit(planted(), { ...options, seed: other }, control)),
      ...(choice.load && { load: async (dir: string): Promise<FittedSubject> => subject(await choice.load!(dir)) }),
    }),
    {
      name: "fitting and scoring leave the rows as they were",
      async run(): Promise<void> {
        const given = planted();
        (await fit(given)).score(given.features);
        for (const column of ["categories", "numbers"] as const) {
          if (given.features[column].some((value, at) => value !== rows.features[column][at]))
            throw new Error(`${column} were written into; allowed: to read them`);
        }
        if (Array.from(given.label).some((value, at) => value !== rows.label[at]))
          throw new Error("label was written into; allowed: to read it");
      },
    },
    refuses("no rows, and rows of one class only, are refused", async () => [
      ["a fit without rows", () => fit({ features: takeRows(rows.features, new Int32Array(0)), label: [] })],
      ...[0, 1].map(
        (value) =>
          [
            `a label of ${value} in all rows`,
            () => fit({ ...rows, label: new Uint8Array(rows.features.count).fill(value) }),
            "label",
          ] as const,
      ),
    ]),
    refuses("labels other than 0 and 1, and weights that are not finite, are refused by name", async () => [
      [
        "a label of 2",
        () => fit({ ...rows, label: Array.from(rows.label, (value, row) => (row === 7 ? 2 : value)) }),
        "label",
      ],
      [
        "a weight of NaN",
        () => fit({ ...rows, weight: withValue(new Float32Array(rows.features.count).fill(1), 3, NaN) }),
        "weight",
      ],
    ]),
    refuses("columns of another length are refused by name", async () => [
      ["two labels for all rows", () => fit({ ...rows, label: [0, 1] }), "label"],
      [
        "numbers of half the rows",
        () => fit(withNumbers(rows.features.numbers.slice(0, rows.features.count))),
        "numbers",
      ],
    ]),
    refuses("NaN in a feature is refused by its name, in fitting and in scoring", async () => {
      const fitted = await model();
      return [
        ["NaN in a row to fit", () => fit(withNumbers(withValue(rows.features.numbers, 10, NaN))), "appeal", "NaN"],
        [
          "NaN in a row to score",
          () => fitted.score({ ...asked, numbers: withValue(asked.numbers, 1, NaN) }),
          "noise",
          "NaN",
        ],
      ];
    }),
    refuses("rows of another schema are refused, naming what differs", async () => {
      const fitted = await model();
      const schema = { ...asked.schema, numbers: [{ name: "allure" }, { name: "noise" }] };
      return [["a schema with another name", () => fitted.score({ ...asked, schema }), "allure"]];
    }),
  ];
}
