import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { loadArrays, realArray, saveArrays } from "../../src/models/network/training/model-files.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "damaged-files-"));
  await saveArrays(dir, "mean", { config: { seed: 1 } }, [realArray("means", [2, 2], Float32Array.of(1, 2, 3, 4))]);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("a model's files say what is wrong with them and what to do:", () => {
  it("whole ones load", async () => {
    expect((await loadArrays(dir, "mean")).real("means")).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it("there are none", async () => {
    await expect(loadArrays(join(dir, "nowhere"), "mean")).rejects.toThrow(
      `no complete model at ${join(dir, "nowhere")}`,
    );
  });

  it("the card is gone, or half a card, or says another thing than was saved", async () => {
    const card = join(dir, "mean.json");
    const json = await readFile(card, "utf8");
    await writeFile(card, json.slice(0, 50));
    await expect(loadArrays(dir, "mean")).rejects.toThrow(
      /mean\.json: it is not a model's card; delete it and train again/,
    );
    await writeFile(card, json.replace('"seed":1', '"seed":2'));
    await expect(loadArrays(dir, "mean")).rejects.toThrow(
      /its content is not what its id [0-9a-f]+ says; delete it and train again/,
    );
    await rm(card);
    await expect(loadArrays(dir, "mean")).rejects.toThrow("no complete model at");
  });

  it("a bit of the weights has turned, or they are gone", async () => {
    const weights = join(dir, "mean.weights");
    const bytes = await readFile(weights);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(weights, bytes);
    await expect(loadArrays(dir, "mean")).rejects.toThrow(
      /damaged weights .*mean\.weights: sha256 is .*, expected .*; delete the model and train again/,
    );
    await rm(weights);
    await expect(loadArrays(dir, "mean")).rejects.toThrow(/no weights at .*mean\.weights: train the model again/);
  });
});
