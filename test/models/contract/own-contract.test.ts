import { describe, expect, it } from "vitest";
import { bpr } from "../../../src/models/retrievers/bpr.js";
import { ownModelContract } from "../../../src/models/contract/own-contract.js";

const fit = (): undefined => undefined;
const names = (exported: Readonly<Record<string, unknown>>): readonly string[] =>
  ownModelContract(exported, "mine.mjs").checks.map(({ name }) => name);

describe("the contract of a your own model", () => {
  it("asks of luck where the file or the kind's defaults tell of it", () => {
    const replication = /another seed|the seed changes/;
    expect(names({ fit }).filter((name) => replication.test(name))).toEqual([]);
    expect(names({ fit, contract: { seeded: false } }).filter((name) => replication.test(name))).toEqual([
      "the seed changes nothing",
    ]);
    expect(names({ model: bpr }).filter((name) => replication.test(name))).toEqual([
      "another seed gives another model",
    ]);
  });

  it("asks of files and tastes where there are any", () => {
    expect(names({ model: bpr })).toContain("damaged files are refused, naming where they are");
    expect(names({ fit, family: "retriever" })).not.toContain("damaged files are refused, naming where they are");
    expect(names({ fit, family: "retriever", contract: { personal: false } })[0]).toBe(
      "the item taken most often ranks first",
    );
  });

  it("leaves out the planted row where the file says so by name, and nothing else", () => {
    const planted = "the planted row ranks first";
    const all = names({ fit });
    expect(names({ fit, contract: { without: [planted] } })).toEqual(all.filter((name) => name !== planted));
    expect(() => names({ fit, contract: { without: [all[1]!] } })).toThrow(/without\.0: .*the planted row ranks first/);
  });

  it("names what is wrong with what the file says of it", () => {
    expect(() => names({ fit, contract: { seded: true } })).toThrow(
      /contract of mine\.mjs: .*seded.*; known: config, seeded, tolerance, personal, without/,
    );
    expect(() => names({ fit, contract: { tolerance: -1 } })).toThrow(/tolerance: .*>=0/);
  });
});
