/** Running the contract of models in vitest: one `it` a check, and the fits that a model must refuse. */
import { describe, expect, it } from "vitest";
import { modelContract as checksOf } from "../../../src/models/contract/checks.js";
import { takeRows } from "../../../src/data/features/matrix.js";
import { plantedRows, plantedTastes } from "../../../src/models/contract/rows.js";
import { sharedChecks } from "../../../src/models/contract/shared-checks.js";
import type { FittedSubject, ModelContractOptions } from "../../../src/models/contract/types.js";
import type { ModelChoice } from "../../../src/models/ladder.js";
import type { FeatureMatrix, RunControl } from "../../../src/types.js";
import { replaced } from "../../support/fake-rows.js";

/** Settings that must be refused, each with the message. */
export type RefusedSettings = readonly (readonly [settings: Readonly<Record<string, unknown>>, message: string])[];

/** Declares the whole contract of a model that may be compared, and the settings it refuses. */
export function keepsContract(choice: ModelChoice, options: ModelContractOptions, refused: RefusedSettings = []): void {
  describe(`${choice.name} keeps the contract of models:`, () => {
    for (const check of checksOf(choice, options)) it(check.name, check.run);
    for (const [settings, message] of refused) {
      it(`refuses: ${message}`, async () => {
        const told = { seed: 1, config: { ...options.config, ...settings } };
        await expect(
          choice.family === "ranker" ? choice.fit(plantedRows(200, 1), told) : choice.fit(plantedTastes(1), told),
        ).rejects.toThrow(message);
      });
    }
  });
}

/** A model of rows of its own, which says several numbers about a row: it keeps what all models share. */
export interface ModelUnderTest<Model> {
  readonly name: string;
  /** Fits on planted rows with a seed; a second or two. */
  fit(seed: number, control?: RunControl): Promise<Model>;
  /** All numbers the model says about rows, flat, row by row. */
  predict(model: Model, matrix: FeatureMatrix): Float32Array;
  /** Rows to predict. */
  readonly rows: FeatureMatrix;
  save(model: Model, dir: string): Promise<string>;
  load(dir: string): Promise<Model>;
  /** Fits on damaged rows, by name of the damage; must reject with the message. */
  readonly damaged: Readonly<Record<string, { fit(): Promise<unknown>; readonly message: string }>>;
}

/** Declares what all models share for one of these. */
export function modelContract<Model>(under: ModelUnderTest<Model>): void {
  const subject = (model: Model): FittedSubject => ({
    says: (probes) => under.predict(model, takeRows(under.rows, probes)),
    save: (dir) => under.save(model, dir),
  });
  const checks = sharedChecks({
    probes: under.rows.count,
    seed: 1,
    seeded: true,
    fit: async (seed, control) => subject(await under.fit(seed, control)),
    load: async (dir) => subject(await under.load(dir)),
  });
  describe(`${under.name} keeps the contract of models:`, () => {
    for (const check of checks) it(check.name, check.run);

    it("NaN in a feature is named when predicting", async () => {
      const model = await under.fit(1);
      expect(() => under.predict(model, { ...under.rows, numbers: replaced(under.rows.numbers, 0, NaN) })).toThrow(
        `number ${under.rows.schema.numbers[0]!.name} is NaN in row 0`,
      );
    });

    for (const [damage, { fit, message }] of Object.entries(under.damaged)) {
      it(`${damage} is refused when fitting`, async () => {
        await expect(fit()).rejects.toThrow(message);
      });
    }
  });
}
