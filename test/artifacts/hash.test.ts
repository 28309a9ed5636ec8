import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { canonicalJson, hashOf, sha256 } from "../../src/artifacts/hash.js";

describe("canonicalJson", () => {
  it("sorts keys at every depth and leaves out undefined members", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: undefined, A: -0 })).toBe(
      '{"A":0,"b":[1,{"c":"x","d":null}]}',
    );
  });

  it("writes a typed array as a plain array", () => {
    expect(canonicalJson({ a: Int32Array.of(3, -1) })).toBe('{"a":[3,-1]}');
  });

  it("does not depend on the order in which members were added", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        expect(hashOf(reversed)).toBe(hashOf(record));
        expect(JSON.parse(canonicalJson(record))).toEqual(JSON.parse(JSON.stringify(record)));
      }),
    );
  });

  it.each([
    [{ a: { b: [0, NaN] } }, "value.a.b[1] is NaN"],
    [{ f: () => 1 }, "value.f is a function"],
    [{ m: new Map() }, "value.m is a Map"],
    [{ n: 1n }, "value.n is a bigint"],
  ])("names where the value is that JSON cannot say (%#)", (value, fault) => {
    expect(() => canonicalJson(value)).toThrow(fault);
  });

  it("refuses a cycle but not a record used twice", () => {
    const twice = { x: 1 };
    const cycle: Record<string, unknown> = {};
    cycle.me = cycle;
    expect(canonicalJson([twice, twice])).toBe('[{"x":1},{"x":1}]');
    expect(() => canonicalJson(cycle)).toThrow("value.me contains itself");
  });
});

describe("hashes", () => {
  it("agree with a known sha256", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hashOf("abc")).toBe(sha256('"abc"').slice(0, 16));
  });
});
