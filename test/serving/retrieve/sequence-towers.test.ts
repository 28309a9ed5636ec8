import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fitSasrec } from "../../../src/models/retrievers/sasrec/sasrec.js";
import { openSequenceTower, sasrecTower, saveSequenceTower } from "../../../src/serving/retrieve/sequence-towers.js";
import type { SequenceBatch } from "../../../src/data/store/sequence.js";
import { matrixOf, schemaOf } from "../../support/fake-rows.js";
import { temporaryFolder } from "../../support/folder.js";

const items = matrixOf(schemaOf({ video: 20 }, []), 20, (id) => ({ categories: [id], numbers: [] }));
/** Everyone watches the videos in order, from a start of their own. */
const chains = {
  offsets: Int32Array.from({ length: 31 }, (_, user) => user * 6),
  item: Int32Array.from({ length: 180 }, (_, at) => (Math.floor(at / 6) + (at % 6)) % 20),
  items,
};
const small = { seed: 1, dim: 8, idDims: 8, blocks: 1, length: 5, epochs: 2, minCount: 1, uniformNegatives: 8 };

function sequences(lists: readonly (readonly number[])[]): SequenceBatch {
  const width = 7;
  const video = new Int32Array(lists.length * width).fill(-1);
  lists.forEach((list, row) => video.set(list, row * width));
  return {
    count: lists.length,
    width,
    length: Int32Array.from(lists, (list) => list.length),
    video,
    dwellMs: video.map((id) => Math.max(0, id) * 1000),
  };
}

describe("sequence towers", () => {
  it("give from a folder what the fitted model gives, longer sequences cut to the newest, nothing for none", async () => {
    const [model, dir] = [await fitSasrec(chains, small), temporaryFolder()];
    const id = await saveSequenceTower(model, items, dir);
    const [own, served] = [sasrecTower(model, items, id), await openSequenceTower(dir)];
    const batch = sequences([[3, 4, 5], [], [1, 2, 3, 4, 5, 6, 7], [19]]);
    const [a, b] = [await own.embedSequences(batch), await served.embedSequences(batch)];
    expect([served.id, served.dims, a.length, b.length]).toEqual([id, 8, 32, 32]);
    a.forEach((value, at) => expect(Math.abs(value - b[at]!)).toBeLessThan(1e-5));
    expect(Array.from(b.subarray(8, 16))).toEqual(new Array(8).fill(0));
    expect(Array.from(served.vectors)).toEqual(Array.from(own.vectors));
    await served.close?.();
  });

  it("refuse a video that the graph does not have, videos of another model and a damaged graph", async () => {
    const [dir, second] = [temporaryFolder(), temporaryFolder()];
    await saveSequenceTower(await fitSasrec(chains, small), items, dir);
    await saveSequenceTower(await fitSasrec(chains, { ...small, seed: 2 }), items, second);
    const tower = await openSequenceTower(dir);
    await expect((async () => tower.embedSequences(sequences([[1], [2, 20]])))()).rejects.toThrow(
      "item is 20 in sequence 1; allowed: 0 … 19",
    );
    await tower.close?.();
    await writeFile(join(dir, "sequence.onnx"), "no graph");
    await expect(openSequenceTower(dir)).rejects.toThrow(/damaged model .*sequence\.onnx/);
    for (const file of ["sequence-items.json", "sequence-items.weights"])
      await copyFile(join(second, file), join(dir, file));
    await expect(openSequenceTower(dir)).rejects.toThrow(
      /its videos were embedded by \w+; expected \w+: export it again/,
    );
  });
});
