import { describe, expect, it } from "vitest";
import { eventColumns } from "../../src/log/events.js";
import { growingImpressions } from "../../src/log/growing.js";
import { concatImpressions, emptyImpressions, impressionsOf } from "../../src/log/impressions.js";
import type { FeedbackBatch, Impressions, RequestBatch, SlateBatch } from "../../src/types.js";
import { fakeCatalogue, fakeDay } from "../support/fake-log.js";

const nobody = { policies: [], policy: 0, arms: [], arm: 0 };

/** A batch of `count` requests × 2 slots, every third slot empty. */
function batch(first: number, count: number): [RequestBatch, SlateBatch, FeedbackBatch] {
  const size = count * 2;
  const of = (step: number, most = 250): number[] =>
    Array.from({ length: size }, (_, i) => ((first + i) * step) % most);
  const u8 = (step: number): Uint8Array => Uint8Array.from(of(step, 2));
  return [
    {
      day: 3,
      count,
      request: Float64Array.from(of(7)),
      session: Float64Array.from(of(5)),
      user: Int32Array.from(of(3)),
      page: Uint8Array.from(of(1, 60)),
      timeMs: Int32Array.from(of(11)),
      device: Uint8Array.from(of(1, 4)),
    },
    {
      count,
      slots: 2,
      video: Int32Array.from(of(1), (v, i) => ((first + i) % 3 === 0 ? -1 : v)),
      source: Uint8Array.from(of(1, 5)),
      propensity: Float64Array.from(of(1), (v) => 1 / (v + 1)),
      component: Uint8Array.from(of(1, 3)),
      campaign: Int16Array.from(of(13, 9)),
      priceMicros: Int32Array.from(of(2)),
    },
    {
      count,
      slots: 2,
      click: u8(1),
      watchMs: Int32Array.from(of(9)),
      like: u8(3),
      share: u8(5),
      hide: u8(7),
      follow: u8(9),
      conversion: Uint8Array.from(of(1, 3)),
      revenueMicros: Int32Array.from(of(17)),
    },
  ];
}

function expectSame(a: Impressions, b: Impressions): void {
  expect(a.count).toBe(b.count);
  expect([a.policies, a.arms]).toEqual([b.policies, b.arms]);
  for (const { field } of eventColumns) expect(Array.from(a[field]), field).toEqual(Array.from(b[field]));
}

describe("growing impressions", () => {
  it.each([
    [0, false],
    [3, false],
    [500, true],
  ])("hold what joining the batches gives, with room for %i rows, shared %s", (room, shared) => {
    const answerer = { policies: ["p", "q"], policy: 1, arms: ["a"], arm: 0 };
    const log = growingImpressions(answerer, room, shared);
    const batches = [batch(0, 5), batch(10, 40), batch(90, 1), batch(92, 60)];
    const views = batches.map((one) => log.add(...one));
    const apart = batches.map((one) => impressionsOf(...one, answerer));
    expectSame(log.rows(), concatImpressions(apart));
    views.forEach((view, i) => expectSame(view, apart[i]!)); // also those handed out before it grew
    expect(log.rows().user.buffer instanceof SharedArrayBuffer).toBe(shared);
  });

  it("joins names in order of first appearance and turns codes with them", () => {
    const catalogue = fakeCatalogue();
    const [one, two] = [fakeDay(catalogue, 0), { ...fakeDay(catalogue, 0), policies: ["other", "third"], arms: ["b"] }];
    const log = growingImpressions(nobody);
    log.addAll(one);
    log.addAll(two);
    expectSame(log.rows(), concatImpressions([one, two]));
    expect(log.rows().policies).toEqual(["logging", "other", "third"]);
    expect(log.rows().policy[one.count]).toBe(two.policy[0]! + 1);
  });

  it("is empty where nothing was added", () => {
    expectSame(
      growingImpressions({ policies: ["p"], policy: 0, arms: ["a"], arm: 0 }).rows(),
      emptyImpressions(["p"], ["a"]),
    );
  });

  it("refuses a batch whose parts do not match and keeps its rows", () => {
    const log = growingImpressions({ policies: ["p"], policy: 0, arms: ["a"], arm: 0 });
    log.add(...batch(0, 2));
    const before = log.rows();
    const [requests, slates] = batch(4, 2);
    expect(() => log.add(requests, slates, batch(4, 1)[2])).toThrow("do not match");
    expectSame(log.rows(), before);
  });
});
