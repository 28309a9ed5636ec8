import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { contractOf, contractVerb, runContract } from "../../src/commands/contract.js";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const example = (name: string): string => fileURLToPath(new URL(`../../notebooks/models/${name}`, import.meta.url));

describe("the contract of a module", () => {
  it("with behaviour runs, in another thread too, and passes", async () => {
    const { found, checks } = await contractOf(fixture("worlds/patient.mjs"));
    expect(found).toBe("world");
    const results = await runContract(checks);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.map(({ check }) => check)).toContain(
      "a world attached in another thread plays the same bytes, and midnight counts them",
    );
  });

  it("names the broken promise of a world, tells each result once, and leaves out what it cannot ask", async () => {
    const { checks } = await contractOf(fixture("worlds/careless.mjs"));
    const told: string[] = [];
    const results = await runContract(checks, {}, ({ check }) => told.push(check));
    expect(told).toEqual(checks.map(({ name }) => name));
    expect(results.find(({ check }) => check === "another seed gives another world")).toEqual({
      check: "another seed gives another world",
      passed: false,
      fault: "seeds 11 and 12 give the same catalogue; allowed: another one",
    });
    expect(results.some(({ check }) => /thread|oracle/.test(check))).toBe(false);
  });

  it.each([
    ["my-ranker.mjs", "ranker", "my-ranker"],
    ["my-retriever.mjs", "retriever", "user-knn"],
  ])("finds the model in the example %s, which keeps it for other seeds, too", async (file, family, called) => {
    for (const seed of [11, 12]) {
      const { found, name, checks } = await contractOf(example(file), seed);
      expect([found, name]).toEqual([family, called]);
      expect((await runContract(checks)).filter(({ passed }) => !passed)).toEqual([]);
    }
  });

  it("finds the policy in the example, which keeps it for other seeds, too", async () => {
    for (const seed of [1, 11]) {
      const { found, checks } = await contractOf(example("../policies/my-policy.mjs"), seed);
      expect(found).toBe("policy");
      expect(checks.map(({ name }) => name)).toContain("another seed gives other pages");
      expect((await runContract(checks)).filter(({ passed }) => !passed)).toEqual([]);
    }
  });

  it("says of a model what was found, each check, and how many passed", async () => {
    const said: string[] = [];
    const { text, failed, json } = await contractVerb(fixture("models/careless.mjs"), {}, (line) => said.push(line));
    const count = Number(/^ranker careless: (\d+) checks$/.exec(said[0]!)![1]);
    expect(said.filter((line) => line.startsWith("FAIL"))).toEqual([
      expect.stringMatching(
        /the same seed gives the same model\n +a second fit of the same seed gives 0\.\d+ as score 0; expected 0\.\d+/,
      ),
    ]);
    expect([text, failed, json["found"], json["passed"]]).toEqual([
      `${count - 1} passed, 1 failed`,
      1,
      "ranker",
      count - 1,
    ]);
  });

  it("says what is missing in a module", async () => {
    await expect(contractOf(fixture("nowhere.mjs"))).rejects.toThrow(/no world, model or policy in .*nowhere\.mjs/);
    await expect(contractOf(fixture("jobs.mjs"))).rejects.toThrow(
      /it exports .*; allowed: open\(config, seed\) or behaviour\(config\) of a world, fit\(rows, options\) or model of a model, policy\(config, context\) of a policy/,
    );
  });
});
