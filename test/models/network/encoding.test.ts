import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encode,
  encodeRows,
  encodingFromJson,
  encodingToJson,
  extendEncoding,
  fitEncoding,
  tableSizes,
} from "../../../src/models/network/encoding.js";
import type { FeatureMatrix } from "../../../src/types.js";
import { matrixOf, schemaOf } from "../../support/fake-rows.js";

const schema = schemaOf({ video: 10, topic: 3 }, ["age", "length"]);
const videos = [4, 4, 7, 7, 7, 9];
const rows: FeatureMatrix = matrixOf(schema, 6, (i) => ({ categories: [videos[i]!, i % 2], numbers: [i, 3] }));

describe("an encoding", () => {
  it("gives ids seen often enough rows of their own and all others row 0", () => {
    const encoding = fitEncoding(rows, { minCount: 2 });
    expect(tableSizes(encoding)).toEqual([3, 3]);
    const encoded = encode(rows, encoding);
    expect([...encoded.categories]).toEqual([1, 1, 1, 2, 2, 1, 2, 2, 2, 1, 0, 2]);
  });

  it("standardises numbers of the training rows to mean 0 and deviation 1, and constants to 0", () => {
    const { numbers } = encode(rows, fitEncoding(rows));
    const ages = [0, 2, 4, 6, 8, 10].map((at) => numbers[at]!);
    expect(ages.reduce((a, b) => a + b)).toBeCloseTo(0, 5);
    expect(ages.reduce((a, b) => a + b * b, 0) / 6).toBeCloseTo(1, 5);
    expect([1, 3, 5, 7, 9, 11].map((at) => numbers[at])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("gives 0 for a constant column even where later rows differ", () => {
    const later = matrixOf(schema, 1, () => ({ categories: [4, 0], numbers: [2.5, 900] }));
    expect([...encode(later, fitEncoding(rows)).numbers]).toEqual([0, 0]);
  });

  it("clips far values", () => {
    const later = matrixOf(schema, 2, (i) => ({ categories: [4, 0], numbers: [i === 0 ? 1e9 : -1e9, 3] }));
    expect([...encode(later, fitEncoding(rows, { clip: 5 })).numbers]).toEqual([5, 0, -5, 0]);
  });

  it("takes ids beyond the cardinality it was fitted with as out of vocabulary", () => {
    const later = matrixOf(schemaOf({ video: 99, topic: 3 }, ["age", "length"]), 1, () => ({
      categories: [55, 0],
      numbers: [0, 3],
    }));
    expect(encode(later, fitEncoding(rows)).categories[0]).toBe(0);
  });

  it("names the feature on NaN, infinite numbers and negative ids, when fitting and when encoding", () => {
    const encoding = fitEncoding(rows);
    for (const bad of [NaN, Infinity, -Infinity]) {
      const damaged = matrixOf(schema, 3, (i) => ({ categories: [4, 0], numbers: [i === 2 ? bad : 1, 3] }));
      expect(() => encode(damaged, encoding)).toThrow(`number age is ${bad} in row 2; allowed: finite numbers`);
      expect(() => fitEncoding(damaged)).toThrow(`number age is ${bad} in row 2`);
    }
    const negative = matrixOf(schema, 1, () => ({ categories: [-1, 0], numbers: [1, 3] }));
    expect(() => encode(negative, encoding)).toThrow("category video is -1 in row 0");
    const beyond = matrixOf(schema, 1, () => ({ categories: [10, 0], numbers: [1, 3] }));
    expect(() => fitEncoding(beyond)).toThrow("category video is 10 in row 0; allowed: 0 to 9");
  });

  it("refuses another schema, columns that are too short, and no rows", () => {
    const encoding = fitEncoding(rows);
    const other = matrixOf(schemaOf({ video: 10, topics: 3 }, ["age", "length"]), 1, () => ({
      categories: [4, 0],
      numbers: [1, 3],
    }));
    expect(() => encode(other, encoding)).toThrow("categories do not match the model's: found topics; expected topic");
    const turned = matrixOf(schemaOf({ topic: 3, video: 10 }, ["age", "length"]), 1, () => ({
      categories: [0, 4],
      numbers: [1, 3],
    }));
    expect(() => encode(turned, encoding)).toThrow(
      "categories do not match the model's: found topic, video; expected video, topic",
    );
    expect(() => encode({ ...rows, count: 7 }, encoding)).toThrow(
      "categories hold 12 values; expected 7 rows × 2 = 14",
    );
    expect(() => fitEncoding({ ...rows, count: 0 })).toThrow("no rows to fit an encoding on");
  });

  it("is the same after JSON", () => {
    const encoding = fitEncoding(rows);
    const again = encodingFromJson(JSON.parse(JSON.stringify(encodingToJson(encoding))));
    expect(encode(rows, again)).toEqual(encode(rows, encoding));
    expect(encodingToJson(again)).toEqual(encodingToJson(encoding));
  });

  it("extended keeps old rows and scales and appends new ids", () => {
    const encoding = fitEncoding(rows, { minCount: 2 });
    const later = matrixOf(schemaOf({ video: 12, topic: 3 }, ["age", "length"]), 4, (i) => ({
      categories: [i < 2 ? 11 : 2, 1],
      numbers: [1000, 3],
    }));
    const grown = extendEncoding(encoding, later);
    expect([...grown.vocabularies[0]!]).toEqual([4, 7, 2, 11]);
    expect(encode(rows, grown)).toEqual(encode(rows, encoding));
    expect(encode(later, grown).categories[0]).toBe(4);
  });

  it("hashes categories of more values than rows: no vocabulary, the same rows after JSON and where the catalogue grows", () => {
    const encoding = fitEncoding(rows, { hashRows: 4 });
    expect(tableSizes(encoding)).toEqual([5, 3]); // the video's 10 ids share 4 rows, the topic's 3 do not
    const videoRows = (of: FeatureMatrix, by = encoding): number[] =>
      [...encode(of, by).categories].filter((_, i) => i % 2 === 0);
    expect(videoRows(rows)).toEqual(videos.map((id) => 1 + (id % 4)));
    const back = encodingFromJson(
      JSON.parse(JSON.stringify(encodingToJson(encoding))) as ReturnType<typeof encodingToJson>,
    );
    expect(videoRows(rows, back)).toEqual(videoRows(rows));
    const grown = matrixOf(schemaOf({ video: 12, topic: 3 }, ["age", "length"]), 2, () => ({
      categories: [11, 0],
      numbers: [0, 3],
    }));
    expect(videoRows(grown)).toEqual([0, 0]); // beyond what it was fitted with
    expect(videoRows(grown, extendEncoding(encoding, grown))).toEqual([4, 4]);
  });

  it("encodes any batch as it encodes all rows", () => {
    const encoding = fitEncoding(rows);
    const all = encode(rows, encoding);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 }), (order) => {
        const some = encodeRows(rows, encoding, Int32Array.from(order), 0, order.length);
        order.forEach((row, i) => {
          expect(some.categories.slice(2 * i, 2 * i + 2)).toEqual(all.categories.slice(2 * row, 2 * row + 2));
          expect(some.numbers.slice(2 * i, 2 * i + 2)).toEqual(all.numbers.slice(2 * row, 2 * row + 2));
        });
      }),
    );
  });
});
