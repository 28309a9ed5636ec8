import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { learnCriteo, readCriteo } from "../../../src/cases/ads/criteo.js";
import { uniform } from "../../../src/random.js";

const dir = mkdtempSync(join(tmpdir(), "criteo-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const lineOf = (label: number | string, first = "1", category = "68fd1e64"): string =>
  [label, first, "", "-2", ...Array<string>(10).fill("7"), category, "", ...Array<string>(24).fill("80e26c9b")].join(
    "\t",
  );
const file = (name: string, lines: readonly string[]): string => {
  const path = join(dir, name);
  const text = lines.join("\n");
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  return path;
};

describe("a file in Criteo's format", () => {
  it("is read in batches; missing is 0, integers are logarithms, equal categories have equal ids", async () => {
    const counts: number[] = [];
    for await (const { features, label } of readCriteo(file("a.txt.gz", Array<string>(5).fill(lineOf(1))), 2)) {
      counts.push(features.count);
      expect(label[0]).toBe(1);
      expect([...features.numbers.subarray(0, 3)]).toEqual([Math.log1p(1), 0, -Math.log1p(2)].map(Math.fround));
      expect(features.categories[1]).toBe(0);
      expect(features.categories[2]).toBe(features.categories[25]);
      expect(features.categories[0]).not.toBe(features.categories[2]);
    }
    expect(counts).toEqual([2, 2, 1]);
  });

  it.each([
    ["a label of 2", lineOf(2), "line 2: label is 2; allowed: 0, 1"],
    ["an integer that is none", lineOf(0, "1.5"), "line 2: I1 is 1.5; allowed: a whole number, or nothing"],
    ["a category that is none", lineOf(0, "1", "xyz"), "line 2: C1 is xyz; allowed: 8 hexadecimal digits, or nothing"],
    ["a field too many", `${lineOf(0)}\t1`, "line 2: 41 fields; allowed: 40"],
  ])("with %s is refused by its line", async (name, line, message) => {
    await expect(learnCriteo(file(`${name}.txt`, [lineOf(1), line]))).rejects.toThrow(message);
  });

  it("is learned line by line: what decides the click is found, before each line is learned", async () => {
    const lines = Array.from({ length: 4000 }, (_, i) => {
      const good = uniform(5, i, 1) < 0.5;
      return lineOf(uniform(5, i, 2) < (good ? 0.5 : 0.02) ? 1 : 0, "1", good ? "aaaaaaaa" : "bbbbbbbb");
    });
    const parts = await learnCriteo(file("b.txt", lines), {}, 1000);
    expect(parts.map((part) => part.lines)).toEqual([1000, 2000, 3000, 4000]);
    expect(parts[0]!.logLoss).toBeCloseTo(Math.LN2, 6); // it has seen nothing
    expect(parts[3]!.normalisedEntropy).toBeLessThan(0.8);
  });
});
