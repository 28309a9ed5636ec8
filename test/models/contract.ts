/** What every learned model must do, whatever it is: each model's tests run this suite on small planted rows. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backendName, tensorflow } from "../../src/models/tensor.js";
import type { FeatureMatrix, RunControl } from "../../src/types.js";
import { sliceMatrix } from "../support/fake-rows.js";

/** A model under test. */
export interface ModelUnderTest<Model> {
  readonly name: string;
  /** File names without extension. */
  readonly file: string;
  /** The file of what was learned, where it is not `<file>.weights`. */
  readonly weights?: string;
  /** Fits on the planted rows with a seed; a second or two. */
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

/** Declares the suite for one model. */
export function modelContract<Model>(under: ModelUnderTest<Model>): void {
  describe(`${under.name} keeps the contract of models:`, () => {
    let model: Model;
    let dir = "";
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), "model-contract-"));
      model = await under.fit(1);
    });
    afterAll(() => rm(dir, { recursive: true, force: true }));

    it("a batch says what single rows say", () => {
      const batch = under.predict(model, under.rows);
      const width = batch.length / under.rows.count;
      for (let row = 0; row < 10; row++) {
        const single = under.predict(model, sliceMatrix(under.rows, row, row + 1));
        single.forEach((value, i) => expect(Math.abs(value - batch[row * width + i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))));
      }
    });

    it("no rows give no predictions", () => {
      expect(under.predict(model, sliceMatrix(under.rows, 0, 0)).length).toBe(0);
    });

    it("the same seed gives the same model, another seed another", async () => {
      const first = under.predict(model, under.rows);
      const again = under.predict(await under.fit(1), under.rows);
      const other = under.predict(await under.fit(2), under.rows);
      if (backendName() === "portable") expect(again).toEqual(first);
      else again.forEach((value, i) => expect(Math.abs(value - first[i]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value))));
      expect(other).not.toEqual(first);
    });

    it("fitting and predicting leave no tensors behind", async () => {
      const before = tensorflow().memory().numTensors;
      under.predict(await under.fit(3), under.rows);
      expect(tensorflow().memory().numTensors).toBe(before);
    });

    it("saved and loaded it predicts the same bits, and saved again has the same bytes", async () => {
      const id = await under.save(model, join(dir, "a"));
      const loaded = await under.load(join(dir, "a"));
      expect(under.predict(loaded, under.rows)).toEqual(under.predict(model, under.rows));
      expect(await under.save(loaded, join(dir, "b"))).toBe(id);
      for (const file of await readdir(join(dir, "a"))) expect(await readFile(join(dir, "b", file))).toEqual(await readFile(join(dir, "a", file)));
    });

    it("damaged files are refused with what to do", async () => {
      const at = join(dir, "damaged");
      await expect(under.load(join(dir, "nowhere"))).rejects.toThrow("no complete model at");
      await under.save(model, at);
      const [card, weights] = [join(at, `${under.file}.json`), join(at, under.weights ?? `${under.file}.weights`)];
      const [json, bytes] = [await readFile(card, "utf8"), await readFile(weights)];
      const flipped = Buffer.from(bytes);
      flipped[100]! ^= 1;
      await writeFile(weights, flipped);
      await expect(under.load(at)).rejects.toThrow("damaged weights");
      await rm(weights);
      await expect(under.load(at)).rejects.toThrow("no weights at");
      await writeFile(weights, bytes);
      await writeFile(card, json.replace('"seed":1', '"seed":2'));
      await expect(under.load(at)).rejects.toThrow("its content is not what its id");
      await writeFile(card, json.slice(0, 50));
      await expect(under.load(at)).rejects.toThrow("it is not a model's card");
    });

    it("an abort ends the fit with its reason", async () => {
      const controller = new AbortController();
      const stopping = under.fit(1, { signal: controller.signal, onProgress: () => controller.abort(new Error("stopped by the test")) });
      await expect(stopping).rejects.toThrow("stopped by the test");
      expect(tensorflow().memory().numTensors).toBe(0);
    });

    it("NaN in a feature is named when predicting", () => {
      const broken = { ...under.rows, numbers: under.rows.numbers.slice() };
      broken.numbers[0] = NaN;
      expect(() => under.predict(model, broken)).toThrow(`number ${under.rows.schema.numbers[0]!.name} is NaN in row 0`);
    });

    for (const [damage, { fit, message }] of Object.entries(under.damaged)) {
      it(`${damage} is refused when fitting`, async () => {
        await expect(fit()).rejects.toThrow(message);
      });
    }
  });
}
