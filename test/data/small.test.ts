import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batches, batchOrder } from "../../src/data/sets/batches.js";
import { datasetCard } from "../../src/data/tables/cards.js";
import {
  durationBoundsMs,
  featureNamed,
  features,
  featuresWhere,
  formatCount,
} from "../../src/data/features/features.js";
import { columnOf, concatMatrices, emptyMatrix, takeRows } from "../../src/data/features/matrix.js";
import { PairSet } from "../../src/data/sets/pair-set.js";
import { querySchema, rankSchema } from "../../src/data/features/schemas.js";
import { splitByTime } from "../../src/data/sets/split.js";
import { putCatalogue } from "../../src/data/tables/put-catalogue.js";
import { readCatalogue, writeCatalogue } from "../../src/data/tables/tables.js";
import { openDatabase } from "../../src/log/database.js";
import { eventColumns } from "../../src/log/events.js";
import type { FeatureMatrix } from "../../src/types.js";
import { temporaryFolder } from "../support/folder.js";
import { fakeCatalogue } from "../support/fake-log.js";

const catalogue = fakeCatalogue();

describe("feature definitions", () => {
  it("have unique names, a cardinality just where they are categories, and stand entity by entity", () => {
    expect(new Set(features.map(({ name }) => name)).size).toBe(features.length);
    for (const feature of features) expect(feature.cardinality !== undefined).toBe(feature.kind === "category");
    const entities = featuresWhere({ kind: "number" }).map(({ entity }) => entity);
    expect(entities.filter((entity, i) => entity !== entities[i - 1])).toHaveLength(new Set(entities).size);
  });

  it("put on the candidate side only what is known of a video at midnight, whoever asks for it", () => {
    for (const { available, entity } of featuresWhere({ tower: "candidate" })) {
      expect(["static", "midnight"]).toContain(available);
      expect(["video", "creator"]).toContain(entity);
    }
  });

  it("are named in the error about an unknown one", () => {
    expect(() => featureNamed("watch_tiem")).toThrow(
      /^unknown feature: watch_tiem; known: user_id, age_band, .*session_topic_clicks$/,
    );
  });

  it("spread the user's taste over the topics on the query side", () => {
    const names = querySchema(catalogue).numbers.map(({ name }) => name);
    expect(names.slice(-15)).toEqual(
      ["watch_share", "watch_lift", "click_lift"].flatMap((kind) =>
        catalogue.topicNames.map((topic) => `user_topic_${kind}[${topic}]`),
      ),
    );
    expect(rankSchema(catalogue).categories.find(({ name }) => name === "video_id")?.cardinality).toBe(60);
  });
});

describe("matrices", () => {
  const schema = { categories: [{ name: "c", cardinality: 9 }], numbers: [{ name: "x" }, { name: "y" }] };
  const matrix: FeatureMatrix = {
    schema,
    count: 3,
    categories: Int32Array.of(1, 2, 3),
    numbers: Float32Array.of(1, -1, 2, -2, 3, -3),
  };

  it("give rows in the order asked for, repeats included", () => {
    const taken = takeRows(matrix, Int32Array.of(2, 0, 2));
    expect([...taken.categories]).toEqual([3, 1, 3]);
    expect([...taken.numbers]).toEqual([3, -3, 1, -1, 3, -3]);
  });

  it("stand one after another when joined", () => {
    expect(concatMatrices([takeRows(matrix, Int32Array.of(0)), takeRows(matrix, Int32Array.of(1, 2))])).toEqual(matrix);
    expect(() => concatMatrices([])).toThrow("nothing to join");
    expect(emptyMatrix(schema, 2).numbers).toEqual(new Float32Array(4));
  });

  it("give a column by name and list the names they know", () => {
    expect([...columnOf(matrix, "y")]).toEqual([-1, -2, -3]);
    expect([...columnOf(matrix, "c")]).toEqual([1, 2, 3]);
    expect(() => columnOf(matrix, "z")).toThrow("unknown feature: z; known: c, x, y");
  });
});

describe("a pair set", () => {
  it("agrees with a set of strings, through growth", () => {
    const id = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(id, id), { maxLength: 300 }), fc.array(fc.tuple(id, id)), (added, asked) => {
        const set = new PairSet();
        const oracle = new Set(added.map(String));
        for (const [left, right] of added) set.add(left, right);
        expect(set.size).toBe(oracle.size);
        for (const pair of [...added, ...asked]) expect(set.has(...pair)).toBe(oracle.has(String(pair)));
      }),
    );
  });
});

describe("splitByTime", () => {
  it("takes test from the end, then validation, then training", () => {
    expect(splitByTime([3, 1, 2, 0, 4, 5], { validation: 1, test: 2 })).toEqual({
      train: [0, 1, 2],
      validation: [3],
      test: [4, 5],
    });
    expect(splitByTime([0, 1, 2, 3, 4, 5], { train: 2, validation: 1, test: 1, gap: 1 })).toEqual({
      train: [0, 1],
      validation: [3],
      test: [5],
    });
    expect(splitByTime([0, 1, 2], { train: 1, validation: 0, test: 1, gap: 1 })).toEqual({
      train: [0],
      validation: [],
      test: [2],
    });
    expect(splitByTime([0, 1], { validation: 0, test: 0 })).toEqual({ train: [0, 1], validation: [], test: [] });
  });

  it("never lets training see a day as late as a later part's, with the gap between", () => {
    const size = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(
        fc.integer({ min: 13, max: 30 }),
        size,
        size,
        fc.integer({ min: 0, max: 2 }),
        (count, validation, test, gap) => {
          const split = splitByTime(
            Array.from({ length: count }, (_, i) => i),
            { validation, test, gap },
          );
          const parts = [split.train, split.validation, split.test].filter((part) => part.length > 0);
          parts.slice(1).forEach((part, i) => expect(part[0]! - (parts[i]?.at(-1) as number)).toBe(gap + 1));
          expect([split.validation.length, split.test.length]).toEqual([validation, test]);
        },
      ),
    );
  });

  it("says what is too much or wrong", () => {
    expect(() => splitByTime([0, 1], { validation: 1, test: 1 })).toThrow(
      "2 days are too few for train ≥ 1, validation 1, test 1, gap 0",
    );
    expect(() => splitByTime([0, 1, 2], { train: 2, validation: 1, test: 1 })).toThrow("3 days are too few");
    expect(() => splitByTime([0, 1], { validation: 0.5, test: 1 })).toThrow(
      "split size validation is 0.5; allowed: whole days from 0",
    );
    expect(() => splitByTime([0, 1], { train: 0, validation: 1, test: 1 })).toThrow(
      "split size train is 0; allowed: whole days from 1",
    );
  });
});

describe("batches", () => {
  it("cover every row once, in an order that the key and the epoch decide", () => {
    const rows = (key: number, epoch: number): number[] =>
      [...batches(10, 4, key, epoch)].flatMap((batch) => [...batch]);
    expect([...batches(10, 4, 1, 0)].map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect([...rows(1, 0)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(rows(1, 0)).toEqual([...batchOrder(10, 1, 0)]);
    expect(rows(1, 0)).toEqual(rows(1, 0));
    expect(rows(1, 1)).not.toEqual(rows(1, 0));
    expect(rows(2, 0)).not.toEqual(rows(1, 0));
    expect(rows(1, 0)).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(() => [...batches(10, 0, 1, 0)]).toThrow("batch size is 0; allowed: whole numbers from 1");
    expect([...batches(0, 4, 1, 0)]).toEqual([]);
  });
});

describe("the catalogue folder", () => {
  it("comes back as it was written, with equal bytes for equal catalogues", async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    await writeCatalogue(a, catalogue);
    await writeCatalogue(b, fakeCatalogue());
    expect(await readCatalogue(a)).toEqual(catalogue);
    for (const name of ["users.parquet", "videos.parquet", "catalogue.json"])
      expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name)))).toBe(true);
  });

  it.each([
    ["has no details", "catalogue.json", undefined, /no catalogue in .*simulate first/],
    ["lost a table", "users.parquet", undefined, /damaged or foreign catalogue in .*users\.parquet/],
    [
      "has a damaged table",
      "videos.parquet",
      "hello hello hello",
      /damaged or foreign catalogue in .*; delete that folder/,
    ],
    ["is of another version", "catalogue.json", '{"catalogueVersion":9}', /damaged or foreign catalogue/],
  ])("is refused when it %s", async (_, name, text, fault) => {
    const dir = temporaryFolder();
    await writeCatalogue(dir, catalogue);
    if (text === undefined) rmSync(join(dir, name));
    else writeFileSync(join(dir, name), text);
    expect(existsSync(join(dir, name))).toBe(text !== undefined);
    await expect(readCatalogue(dir)).rejects.toThrow(fault);
  });

  it("is refused when its parts are of different catalogues", async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    await writeCatalogue(a, catalogue);
    await writeCatalogue(b, fakeCatalogue({ users: 41 }));
    writeFileSync(join(a, "users.parquet"), readFileSync(join(b, "users.parquet")));
    await expect(readCatalogue(a)).rejects.toThrow("users.parquet has 41 rows; expected 40");
  });
});

describe("the catalogue's tables", () => {
  it("have segments and duration buckets as a loop would give them", async () => {
    const database = await openDatabase();
    await putCatalogue(database, catalogue);
    const { segment } = await database.query("SELECT segment FROM users ORDER BY user_id");
    const { bucket } = await database.query("SELECT duration_bucket AS bucket FROM videos ORDER BY video_id");
    database.close();
    expect([...(segment as Int32Array)]).toEqual(
      [...catalogue.users.ageBand].map((age, user) => age * 6 + catalogue.users.region[user]!),
    );
    expect([...(bucket as Int32Array)]).toEqual(
      [...catalogue.videos.durationMs].map((ms) => durationBoundsMs.filter((bound) => ms >= bound).length),
    );
    expect(new Set(bucket as Int32Array).size).toBeLessThanOrEqual(formatCount);
  });
});

describe("the dataset card", () => {
  it("names every column and feature, and the sizes", () => {
    const card = datasetCard({
      title: "Tiny",
      about: "Seed 7.",
      catalogue,
      days: [0, 1, 2],
      impressions: 200,
      clicks: 13,
    });
    for (const { name } of eventColumns) expect(card).toContain(`| ${name} |`);
    for (const { name } of features) expect(card).toContain(`| ${name} |`);
    expect(card).toContain("| 40 | 60 | 9 | 5 | 3 (0 to 2) | 200 | 6.50 % |");
  });
});
