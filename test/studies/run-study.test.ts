import { describe, expect, it } from "vitest";
import { findOrMake, runParts, wholeNumber } from "../../src/studies/run-study.js";

const module = new URL("../fixtures/jobs.mjs", import.meta.url).href;

describe("the runner of studies", () => {
  it("makes only the cells that are not there, in the order asked for, and counts by size", async () => {
    const said: string[] = [];
    const onProgress = (step: string, done: number, total: number): void => void said.push(`${step} ${done}/${total}`);
    const there = new Map([
      [20, 0],
      [40, -40],
    ]); // what is there may be 0
    const how = { step: "cells", module, export: "wait", label: String, size: (ms: number) => ms / 10 };
    const asked = [30, 20, 10, 40];
    const { cells, made } = await findOrMake(asked, { ...how, find: (ms) => Promise.resolve(there.get(ms)) }, 2, {
      onProgress,
    });
    expect(cells).toEqual([30, 0, 10, -40]); // wait gives its argument
    expect(made).toBe(3 + 1);
    expect(said[0]).toBe("cells 6/10");
  });

  it("counts jobs on its bar where no total is said", async () => {
    const said: string[] = [];
    const onProgress = (step: string, done: number, total: number): void => void said.push(`${step} ${done}/${total}`);
    const jobs = ["a", "b"].map((label) => ({ label, module, export: "count", argument: 3 }));
    await runParts(jobs, { step: "worlds", inner: "counting", shares: true }, 1, { onProgress });
    expect(said.at(-1)).toBe("worlds 2/2");
  });

  it.each([0, 11, 1.5, NaN])("refuses %s where 1 to 10 are allowed", (value) => {
    expect(() => wholeNumber("seeds", value, 1, 10)).toThrow(
      new RangeError(`invalid seeds: ${value}; allowed: a whole number from 1 to 10`),
    );
  });
});
