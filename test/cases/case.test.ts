import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { runCase, type Case } from "../../src/cases/index.js";
import { tInterval } from "../../src/evaluation/index.js";
import { deviations } from "../../src/cases/odd-hours.js";

const dir = mkdtempSync(join(tmpdir(), "case-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const made = join(dir, "made.txt");
const own = join(dir, "own.mjs");
writeFileSync(
  own,
  `import { appendFileSync, existsSync } from "node:fs";
  export async function world({ seed }, { onProgress }) {
    onProgress("part", 1, 2);
    if (seed === 2 && !existsSync(${JSON.stringify(join(dir, "mended"))})) throw new Error("no world of 2");
    appendFileSync(${JSON.stringify(made)}, seed + " ");
    return { value: seed * 10 };
  }`,
);
const none = { metric: "", found: tInterval([0, 0]) };
const mine: Case = {
  name: "mine",
  title: "Mine",
  notRealistic: ["it is small"],
  module: pathToFileURL(own).href,
  parts: ({ seed, seeds }) =>
    Array.from({ length: seeds }, (_, i) => ({ label: `${i}`, export: "world", argument: { seed: seed + i } })),
  report: (_, results) => ({
    report: { lede: "", facts: [], sections: [] },
    ...{ hypotheses: [], pair: { offline: none, business: none }, json: { results } },
  }),
};

it("a case that stopped resumes: what is done is loaded, in the order of its parts, and computed again only when asked", async () => {
  const run = (workers: number, remake = false) =>
    runCase(mine, { scale: "tiny", seed: 1, seeds: 2 }, { datasets: join(dir, "datasets"), workers, remake });
  await expect(run(1)).rejects.toThrow("1: no world of 2");
  writeFileSync(join(dir, "mended"), "");
  const results = [{ value: 10 }, { value: 20 }];
  const { json, report } = await run(2);
  expect(json).toEqual({ results });
  expect(report.title).toBe("Mine");
  expect(report.sections.at(-1)).toMatchObject({ id: "not-realistic", prose: ["it is small"] });
  expect(readFileSync(made, "utf8")).toBe("1 2 ");
  expect((await run(2, true)).json).toEqual({ results });
  expect(readFileSync(made, "utf8").split(" ").sort().join("")).toBe("1122");
});

it("an hour's deviation is counted in those of the first ones", () => {
  expect(deviations([1, 2, 3, 6, -3], 3)).toEqual([-1, 0, 1, 4, -5]);
});
