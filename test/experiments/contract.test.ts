import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { contractOf, runContract } from "../../src/experiments/contract.js";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/worlds/${name}`, import.meta.url));

describe("contractOf", () => {
  it("runs on a module's behaviour, in another thread too, and passes", async () => {
    const checks = await contractOf(fixture("patient.mjs"));
    const results = await runContract(checks);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.map(({ check }) => check)).toContain("a world attached in another thread plays the same bytes, and midnight counts them");
  });

  it("names the broken promise of a module's world, tells each result once, and leaves out what it cannot ask", async () => {
    const checks = await contractOf(fixture("careless.mjs"));
    const told: string[] = [];
    const results = await runContract(checks, {}, ({ check }) => told.push(check));
    expect(told).toEqual(checks.map(({ name }) => name));
    expect(results.find(({ check }) => check === "another seed gives another world")).toEqual({ check: "another seed gives another world", passed: false, fault: "seeds 11 and 12 give the same catalogue; allowed: another one" });
    expect(results.some(({ check }) => /thread|oracle/.test(check))).toBe(false);
  });

  it("says what is missing in a module", async () => {
    await expect(contractOf(fixture("nowhere.mjs"))).rejects.toThrow(/no world in .*nowhere\.mjs/);
    await expect(contractOf(fixture("../jobs.mjs"))).rejects.toThrow(/it exports .*; allowed: open\(config, seed\), or behaviour\(config\)/);
  });
});
