import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeFiles } from "../../src/artifacts/index.js";
import { readCatalogue } from "../../src/data/index.js";
import { publishDataset } from "../../src/publish/publish.js";
import { publishedTables, truthTables, type PublishedTable } from "../../src/publish/tables.js";
import { setting } from "../../src/pipeline/setting.js";
import { simulateLog, type SimulatedLog } from "../../src/pipeline/simulate.js";
import { openDatabase, quoteText, readDay } from "../../src/log/index.js";
import { temporaryFolder } from "../support/folder.js";

const world = { users: 60, videos: 200, days: 6 };
let log: SimulatedLog;
let dir: string;
let out: string;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
  log = await simulateLog(setting({ scale: "tiny", seed: 3, datasets: join(out, "made"), world }));
  ({ dir } = await publishDataset(log, {
    name: "demo",
    out,
    truth: true,
    date: "2026-01-02",
    url: "https://example.org/demo",
  }));
});

const json = (file: string): Record<string, never> =>
  JSON.parse(readFileSync(join(dir, file), "utf8")) as Record<string, never>;

afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("a published dataset", () => {
  it("has the log's own partitions and tables, which the workbench reads", async () => {
    expect(await readDay(join(dir, "data"), 4)).toEqual(await readDay(log.dir, 4));
    expect(await readCatalogue(dir)).toEqual(await readCatalogue(log.dir));
  });

  it("has sums of every file that sha256sum accepts", async () => {
    const listed = readFileSync(join(dir, "SHA256SUMS"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(66));
    const files = (await describeFiles(dir)).map(({ path }) => path);
    expect([...listed, "SHA256SUMS"].sort()).toEqual(files.sort());
    expect(files).toContain("data/day=005/impressions.parquet");
    const said = execFileSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: dir, encoding: "utf8" });
    expect(said.match(/: OK$/gm)).toHaveLength(listed.length);
  });

  it("has a dictionary with exactly the columns and types of its files, with words and units", async () => {
    const { tables } = json("columns.json") as unknown as { tables: readonly PublishedTable[] };
    expect(tables.map(({ name }) => name)).toEqual([
      "impressions",
      "users",
      "videos",
      "titles",
      "posts",
      "truth_users",
      "truth_videos",
      "truth_posts",
    ]);
    const database = await openDatabase();
    try {
      for (const { path, columns } of tables) {
        const found = await database.describe(
          `SELECT * FROM read_parquet(${quoteText(join(dir, path))}, hive_partitioning = false)`,
        );
        expect(columns.map(({ name, type }) => [name, type])).toEqual([...found]);
        for (const { name, values, min, max, unit, description } of columns) {
          expect(unit && description).toBeTruthy();
          const file = `read_parquet(${quoteText(join(dir, path))}, hive_partitioning = false)`;
          if (values) {
            const { word } = await database.query(`SELECT DISTINCT "${name}" AS word FROM ${file}`);
            expect(values).toEqual(expect.arrayContaining([...(word as readonly string[])]));
          }
          if (min !== undefined || max !== undefined) {
            const { low, high } = await database.query(
              `SELECT CAST(min("${name}") AS DOUBLE) AS low, CAST(max("${name}") AS DOUBLE) AS high FROM ${file}`,
            );
            expect((low as Float64Array)[0]).toBeGreaterThanOrEqual(min ?? -Infinity);
            expect((high as Float64Array)[0]).toBeLessThanOrEqual(max ?? Infinity);
          }
        }
      }
    } finally {
      database.close();
    }
  });

  it("is described in Croissant: a file object with its sum for each file, fields that name columns, no dangling ids", () => {
    const description = json("croissant.json") as unknown as {
      conformsTo: string;
      datePublished: string;
      url: string;
      license: string;
      distribution: { "@type": string; "@id": string; sha256?: string; includes?: string }[];
      recordSet: {
        name: string;
        key: unknown;
        field: { "@id": string; dataType: string; source?: Record<string, { "@id": string; column: string }> }[];
      }[];
    };
    expect(description).toMatchObject({
      conformsTo: "http://mlcommons.org/croissant/1.1",
      datePublished: "2026-01-02",
      url: "https://example.org/demo",
      license: expect.stringContaining("creativecommons.org") as string,
    });
    const files = description.distribution.filter((one) => one["@type"] === "cr:FileObject");
    expect(files.map((one) => one["@id"]).filter((path) => path.startsWith("data/"))).toHaveLength(6);
    for (const { "@id": path, sha256 } of files)
      expect(
        createHash("sha256")
          .update(readFileSync(join(dir, path)))
          .digest("hex"),
      ).toBe(sha256);
    const ids = new Set(description.distribution.map((one) => one["@id"]));
    const fields = new Set(description.recordSet.flatMap(({ field }) => field.map((one) => one["@id"])));
    for (const { name, key, field } of description.recordSet) {
      for (const one of [key].flat() as { "@id": string }[]) expect(fields).toContain(one["@id"]);
      for (const { dataType, source } of field) {
        expect(dataType).toMatch(/^(cr:(Int|UInt|Float)\d+|sc:Text)$/);
        if (name === "splits") continue;
        expect(ids).toContain((source?.["fileObject"] ?? source?.["fileSet"])?.["@id"]);
      }
    }
    expect(description.recordSet.find(({ name }) => name === "impressions")?.field).toHaveLength(
      publishedTables([], false)[0]?.columns.length as number,
    );
  });

  it("has a card with front matter, sizes, splits and every column", () => {
    const card = readFileSync(join(dir, "README.md"), "utf8");
    expect(card).toMatch(/^---\npretty_name: "demo"\nlicense: cc0-1\.0\n/);
    expect(card).toContain(`| impressions | ${log.impressions.toLocaleString("en-US")} on 6 days |`);
    expect(card).toContain('- split: test\n    path: ["data/day=004/*.parquet", "data/day=005/*.parquet"]');
    expect(card).toContain("stagecraft publish --scale tiny --seed 3 --name demo --date 2026-01-02 --truth");
    for (const { columns } of [...publishedTables(log.catalogue.topicNames, false), ...truthTables(10)])
      for (const { name } of columns) expect(card).toContain(`| \`${name}\` |`);
  });

  it("has the same bytes when made again, in another folder, and others for another date", async () => {
    const sums = (folder: string): string => readFileSync(join(folder, "SHA256SUMS"), "utf8");
    const elsewhere = temporaryFolder();
    const twin = await publishDataset(log, {
      name: "demo",
      out: elsewhere,
      truth: true,
      date: "2026-01-02",
      url: "https://example.org/demo",
    });
    expect(sums(twin.dir)).toBe(sums(dir));
    const later = await publishDataset(log, {
      name: "demo",
      out: elsewhere,
      truth: true,
      date: "2026-01-03",
      url: "https://example.org/demo",
      remake: true,
    });
    expect(sums(later.dir)).not.toBe(sums(dir));
    expect(later.made).toBe(true);
    expect((await readdir(elsewhere)).sort()).toEqual(["demo"]);
  });

  it("is loaded when it is there, and refused when it is damaged or something else", async () => {
    const folder = temporaryFolder();
    const options = { name: "again", out: folder };
    const first = await publishDataset(log, options);
    expect(await publishDataset(log, options)).toEqual({ ...first, made: false });
    expect(existsSync(join(first.dir, "truth"))).toBe(false);
    await expect(publishDataset(log, { ...options, truth: true })).rejects.toThrow(
      "was published from another setting; allowed: another --name, or --remake",
    );
    await writeFile(join(first.dir, "users.parquet"), "no longer");
    await expect(publishDataset(log, options)).rejects.toThrow("users.parquet is not what SHA256SUMS says");
    expect((await publishDataset(log, { ...options, remake: true })).made).toBe(true);
    await mkdir(join(folder, "mine"));
    await writeFile(join(folder, "mine", "notes.txt"), "keep me");
    await expect(publishDataset(log, { name: "mine", out: folder })).rejects.toThrow(
      "is there and is no published dataset",
    );
    expect(readFileSync(join(folder, "mine", "notes.txt"), "utf8")).toBe("keep me");
  });

  it("is whole or not at all: an abort leaves nothing", async () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    await expect(
      publishDataset(
        log,
        { name: "half", out: folder },
        { signal: stop.signal, onProgress: (_step, done) => done === 3 && stop.abort(new Error("enough")) },
      ),
    ).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses bad names and dates", async () => {
    await expect(publishDataset(log, { name: "../up", out })).rejects.toThrow(
      "invalid name: ../up; allowed: small letters",
    );
    await expect(publishDataset(log, { name: "log", out: join(out, "made") })).rejects.toThrow("invalid name: log");
    await expect(publishDataset(log, { date: "yesterday", out })).rejects.toThrow(
      "invalid date: yesterday; allowed: YYYY-MM-DD",
    );
  });
});

describe("a folder that is not ours", () => {
  it("is never replaced: files, a manifest alone, or empty folders, with and without remake", async () => {
    const out = temporaryFolder();
    for (const path of ["files/a.txt", "lone/manifest.json", "empty/inside/x"]) {
      await mkdir(join(out, path, ".."), { recursive: true });
      if (!path.startsWith("empty")) await writeFile(join(out, path), "{}");
    }
    for (const name of ["files", "lone", "empty"])
      for (const remake of [false, true])
        await expect(publishDataset(log, { name, out, remake }), `${name} ${remake}`).rejects.toThrow(
          "is there and is no published dataset",
        );
    expect(existsSync(join(out, "files", "a.txt")) && existsSync(join(out, "empty", "inside"))).toBe(true);
  });
});
