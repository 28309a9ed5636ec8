import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelContract as contractOf } from "../../../src/models/contract/checks.js";
import { modelsNamed, type ModelChoice } from "../../../src/models/ladder.js";
import { product } from "../../../src/models/network/layers/portable-matmul.js";
import { backendName, tensorflow } from "../../../src/models/network/tensor.js";
import { modelContract } from "../contract/contract.js";
import { rankerUnderTest } from "../rankers/ranker-contract.js";
import { twoTowerUnderTest } from "../retrievers/two-tower-contract.js";

process.env.STAGECRAFT_BACKEND = "portable"; // nothing has opened TensorFlow yet: it opens on first use

describe("the portable backend", () => {
  it("opens when it is asked for", () => {
    expect(backendName()).toBe("portable");
    expect(tensorflow().getBackend()).toBe("cpu");
  });

  it("multiplies matrices of any shape as the definition does, transposed or not", () => {
    fc.assert(
      fc.property(
        fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 1, max: 9 }))),
        fc.boolean(),
        fc.boolean(),
        ([m, k, n], turnA, turnB) => {
          const a = Float32Array.from({ length: m! * k! }, (_, i) => ((i * 7) % 5) - 2);
          const b = Float32Array.from({ length: k! * n! }, (_, i) => ((i * 3) % 7) - 3);
          const expected = Array.from({ length: m! * n! }, (_, at) => {
            const i = Math.floor(at / n!),
              j = at % n!;
            let sum = 0;
            for (let p = 0; p < k!; p++)
              sum += a[turnA ? p * m! + i : i * k! + p]! * b[turnB ? j * k! + p : p * n! + j]!;
            return sum + 0;
          });
          if (!turnA && !turnB) expect([...product(a, b, m!, k!, n!)].map((x) => x + 0)).toEqual(expected);
          const tf = tensorflow();
          const out = tf.tidy(() =>
            Array.from(
              tf
                .tensor2d(a, turnA ? [k!, m!] : [m!, k!])
                .matMul(tf.tensor2d(b, turnB ? [n!, k!] : [k!, n!]), turnA, turnB)
                .dataSync(),
            ),
          );
          expect(out.map((x) => x + 0)).toEqual(expected);
        },
      ),
    );
  });
});

modelContract(rankerUnderTest);
modelContract(twoTowerUnderTest);

/** Only what is planted needs a fit to its end; whatever else this engine may break shows after two epochs. */
describe("sasrec keeps the contract of models:", () => {
  const [sasrec] = modelsNamed(["sasrec"]) as [ModelChoice];
  const config = {
    dim: 16,
    dims: 16,
    blocks: 1,
    length: 13,
    batchSize: 32,
    minBatches: 2,
    learningRate: 0.02,
    uniformNegatives: 16,
    dropout: 0.1,
    validationShare: 0,
  };
  const [learns] = contractOf(sasrec, { config: { ...config, epochs: 16 }, seeded: true });
  const [, ...others] = contractOf(sasrec, { config: { ...config, epochs: 2 }, seeded: true });
  for (const check of [learns!, ...others]) it(check.name, check.run);
});
