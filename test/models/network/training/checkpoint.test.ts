import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitDcn, predictDcn, type FitDcnOptions } from "../../../../src/models/rankers/dcn/dcn.js";
import { fit, fitDefaults, type CurvePoint, type FitControl } from "../../../../src/models/network/training/fit.js";
import { fitMultiTask } from "../../../../src/models/rankers/multi-task/multi-task.js";
import { fitSasrec } from "../../../../src/models/retrievers/sasrec/sasrec.js";
import { backendName, tensorflow } from "../../../../src/models/network/tensor.js";
import { fitTwoTower } from "../../../../src/models/retrievers/two-tower/two-tower.js";
import { uniformInt } from "../../../../src/random.js";
import { fakeImpressions, fakePositives, matrixOf, schemaOf } from "../../../support/fake-rows.js";

const rows = fakeImpressions(600, 1);
const count = rows.click.length;
const positives = fakePositives(500, 1);
const sequences = {
  offsets: Int32Array.from({ length: 81 }, (_, u) => 6 * u),
  item: Int32Array.from({ length: 480 }, (_, i) => uniformInt(30, 3, i)),
  items: matrixOf(schemaOf({ item: 30 }, []), 30, (i) => ({ categories: [i], numbers: [] })),
};

interface Fitted {
  readonly weights: readonly Float32Array[];
  readonly points: readonly CurvePoint[];
}

const small = { epochs: 2, minBatches: 6 };
const options: FitDcnOptions = { ...small, deep: [8] };
const fits: Readonly<Record<string, (control: FitControl) => Promise<Fitted>>> = {
  ranker: async (control) => {
    const { input, dense, curve } = await fitDcn(rows, options, control);
    return { weights: [...input.tables, ...dense].map(({ values }) => values), points: curve.points };
  },
  "two towers": async (control) => {
    const { query, candidate, curve } = await fitTwoTower(
      positives,
      { ...small, uniformNegatives: 16, dims: 4, dim: 8 },
      control,
    );
    return {
      weights: [query, candidate].flatMap(({ input, dense }) =>
        [...input.tables, ...dense].map(({ values }) => values),
      ),
      points: curve.points,
    };
  },
  "two towers with hard negatives": async (control) => {
    const halves = {
      epochs: 3,
      minBatches: 3,
      uniformNegatives: 16,
      hardNegatives: 1,
      hardRanks: [0, 20] as const,
      dims: 4,
      dim: 8,
    }; // resumed within an epoch
    const { query, candidate, curve } = await fitTwoTower(positives, halves, control);
    return {
      weights: [query, candidate].flatMap(({ input, dense }) =>
        [...input.tables, ...dense].map(({ values }) => values),
      ),
      points: curve.points,
    };
  },
  "multi-task ranker": async (control) => {
    const none = new Uint8Array(count);
    const all = {
      ...rows,
      durationMs: new Int32Array(count).fill(60_000),
      like: rows.click,
      hide: none,
      conversion: none,
    };
    const { input, dense, curve } = await fitMultiTask(
      all,
      { ...small, experts: 2, expertWidth: 4, towerWidth: 2 },
      control,
    );
    return { weights: [...input.tables, ...dense].map(({ values }) => values), points: curve.points };
  },
  "sequence model": async (control) => {
    const { input, dense, curve } = await fitSasrec(
      sequences,
      { ...small, dim: 8, blocks: 1, length: 5, uniformNegatives: 8, epochs: 4 },
      control,
    );
    return { weights: [...input.tables, ...dense].map(({ values }) => values), points: curve.points };
  },
};

describe("a fit with checkpoints", () => {
  let dir = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "checkpoint-"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  for (const [name, run] of Object.entries(fits)) {
    it(`of the ${name}, killed and resumed, ends where the uninterrupted one does`, async () => {
      const checkpoint = { path: join(dir, `${name}.checkpoint`), everySteps: 1 };
      const whole = await run({});
      const before = tensorflow().memory().numTensors;
      for (let kill = 0; kill < 2; kill++) {
        const controller = new AbortController();
        let steps = 0;
        const stopping = run({
          checkpoint,
          signal: controller.signal,
          onProgress: () => ++steps === 2 && controller.abort(new Error("killed")),
        });
        await expect(stopping).rejects.toThrow("killed");
        expect((await stat(checkpoint.path)).size).toBeGreaterThan(100);
      }
      let left = 0;
      const resumed = await run({ checkpoint, onProgress: () => left++ });
      let all = 0;
      await run({ onProgress: () => all++ });
      expect(left).toBe(all - 4);
      expect(tensorflow().memory().numTensors).toBe(before);
      expect(resumed.points.map(({ step, examples }) => [step, examples])).toEqual(
        whole.points.map(({ step, examples }) => [step, examples]),
      );
      resumed.weights.forEach((values, i) => {
        if (backendName() === "portable") expect(values).toEqual(whole.weights[i]);
        else
          values.forEach((value, j) =>
            expect(Math.abs(value - whole.weights[i]![j]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value))),
          );
      });
      await expect(stat(checkpoint.path)).rejects.toThrow("ENOENT"); // it is done: nothing is left to resume from
    });
  }

  it("refuses a checkpoint of another fit and a damaged one, and leaves the file", async () => {
    const checkpoint = { path: join(dir, "other"), everySteps: 1 };
    const controller = new AbortController();
    const stopping = fitDcn(rows, options, {
      checkpoint,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("killed")),
    });
    await expect(stopping).rejects.toThrow("killed");
    await expect(fitDcn(rows, { ...options, seed: 2 }, { checkpoint })).rejects.toThrow(
      "is of another fit (other settings, rows or seed); delete it to start again",
    );
    await expect(fitDcn(fakeImpressions(590, 1), options, { checkpoint })).rejects.toThrow("is of another fit");
    const bytes = await readFile(checkpoint.path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(checkpoint.path, bytes);
    await expect(fitDcn(rows, options, { checkpoint })).rejects.toThrow("damaged checkpoint");
    await writeFile(checkpoint.path, bytes.subarray(0, 50));
    await expect(fitDcn(rows, options, { checkpoint })).rejects.toThrow("damaged checkpoint");
  });

  it("gives the points of the learning curve as numbers while it runs, and does not change the model", async () => {
    const points: CurvePoint[] = [];
    const watched = await fitDcn(rows, options, {
      onPoint: (point) => points.push(point),
      checkpoint: { path: join(dir, "watched"), everySteps: 3 },
    });
    expect(points).toEqual(watched.curve.points);
    const plain = predictDcn(await fitDcn(rows, options), rows.features).clickProbability;
    predictDcn(watched, rows.features).clickProbability.forEach((p, i) =>
      expect(Math.abs(p - plain[i]!)).toBeLessThan(1e-6),
    );
  });

  it("names what cannot be", async () => {
    const learner = { name: "recorder", examples: 10, weights: [], step: () => 1 };
    const checkpoint = { path: join(dir, "none"), everySteps: 1 };
    await expect(fit(learner, fitDefaults, { checkpoint })).rejects.toThrow("recorder has no optimiser state to keep");
    await expect(fit(learner, fitDefaults, { checkpoint: { ...checkpoint, everySteps: 0 } })).rejects.toThrow(
      "everySteps is 0; allowed: whole numbers from 1",
    );
  });
});
