import { describe, expect, it } from "vitest";
import { eventColumns } from "../../src/log/events.js";
import { concatImpressions, emptyImpressions, impressionsOf, sliceImpressions } from "../../src/log/impressions.js";
import { validateImpressions } from "../../src/log/validate.js";
import type { FeedbackBatch, Impressions, RequestBatch, SlateBatch } from "../../src/types.js";
import { fakeCatalogue, fakeDay } from "../support/fake-log.js";

const requests: RequestBatch = {
  day: 3,
  count: 2,
  request: Float64Array.of(640, 1281),
  session: Float64Array.of(10, 20),
  user: Int32Array.of(7, 8),
  page: Uint8Array.of(0, 1),
  timeMs: Int32Array.of(1000, 2000),
  device: Uint8Array.of(1, 2),
};
const slates: SlateBatch = {
  count: 2,
  slots: 2,
  video: Int32Array.of(5, -1, 6, 9),
  source: Uint8Array.of(1, 0, 2, 3),
  propensity: Float64Array.of(0.5, 1, 0.25, 0.125),
  component: Uint8Array.of(1, 2),
  campaign: Int16Array.of(0, 0, 4, 0),
};
const feedback: FeedbackBatch = {
  count: 2,
  slots: 2,
  click: Uint8Array.of(1, 0, 0, 1),
  watchMs: Int32Array.of(3000, 0, 0, 9000),
  like: Uint8Array.of(1, 0, 0, 0),
  share: Uint8Array.of(0, 0, 0, 1),
  hide: Uint8Array.of(0, 0, 1, 0),
  follow: Uint8Array.of(1, 0, 0, 0),
  conversion: Uint8Array.of(0, 0, 0, 2),
  revenueMicros: Int32Array.of(0, 0, 0, 5),
};
const answerer = { policies: ["a", "b"], policy: 1, arms: ["x"], arm: 0 };

describe("impressionsOf", () => {
  it("makes one row a filled slot, with its request's context and its outcome", () => {
    const events = impressionsOf(requests, slates, feedback, answerer);
    const plain = Object.fromEntries(eventColumns.map(({ name, field }) => [name, [...events[field]]]));
    expect(events.count).toBe(3);
    expect(plain).toEqual({
      request_id: [640, 1281, 1281],
      session_id: [10, 20, 20],
      user_id: [7, 8, 8],
      video_id: [5, 6, 9],
      day: [3, 3, 3],
      time_ms: [1000, 2000, 2000],
      page: [0, 1, 1],
      position: [0, 0, 1],
      source: [1, 2, 3],
      policy: [1, 1, 1],
      component: [1, 2, 2],
      arm: [0, 0, 0],
      propensity: [0.5, 0.25, 0.125],
      device: [1, 2, 2],
      click: [1, 0, 1],
      watch_ms: [3000, 0, 9000],
      like: [1, 0, 0],
      share: [0, 0, 1],
      hide: [0, 1, 0],
      follow: [1, 0, 0],
      campaign: [0, 4, 0],
      conversion: [0, 0, 2],
      revenue_micros: [0, 0, 5],
    });
    expect(() => validateImpressions(events)).not.toThrow();
  });

  it("refuses batches that do not match", () => {
    expect(() => impressionsOf({ ...requests, count: 1 }, slates, feedback, answerer)).toThrow(
      "requests 1, slates 2×2 and feedback 2×2 do not match",
    );
  });
});

describe("concatImpressions", () => {
  it("keeps order and lets policy and arm codes follow the joined names", () => {
    const one = impressionsOf(requests, slates, feedback, answerer);
    const two = impressionsOf(requests, slates, feedback, { policies: ["b"], policy: 0, arms: ["y", "x"], arm: 0 });
    const all = concatImpressions([one, two]);
    expect(all.policies).toEqual(["a", "b"]);
    expect(all.arms).toEqual(["x", "y"]);
    expect([...all.policy]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...all.arm]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...all.video]).toEqual([5, 6, 9, 5, 6, 9]);
  });

  it("undoes slicing", () => {
    const day = fakeDay(fakeCatalogue(), 1);
    const cut = Math.floor(day.count / 3);
    expect(concatImpressions([sliceImpressions(day, 0, cut), sliceImpressions(day, cut, day.count)])).toEqual(day);
    expect(concatImpressions([])).toEqual(emptyImpressions([], []));
  });
});

describe("validateImpressions", () => {
  const broken = (field: keyof Impressions, value: number): Impressions => {
    const events = impressionsOf(requests, slates, feedback, answerer);
    (events[field] as unknown as Float64Array)[1] = value;
    return events;
  };
  it.each([
    ["source", 11, "column source is 11 in row 1; allowed: 0 to 10"],
    ["policy", 2, "column policy is 2 in row 1; allowed: 0 to 1"],
    ["propensity", 1.5, "column propensity is 1.5 in row 1; allowed: 0 to 1"],
    ["propensity", NaN, "column propensity is NaN in row 1"],
    ["propensity", 0, "column propensity is 0 in row 1; allowed: above 0"],
    ["watchMs", 10, "column watch_ms is 10 in row 1 without a click"],
    ["timeMs", 86_400_000, "column time_ms is 86400000 in row 1; allowed: 0 to 86399999"],
    ["video", -1, "column video_id is -1 in row 1"],
  ] as const)("names a bad %s of %d", (field, value, fault) => {
    expect(() => validateImpressions(broken(field, value))).toThrow(fault);
  });

  it("names a column of the wrong length", () => {
    const events = { ...impressionsOf(requests, slates, feedback, answerer), like: new Uint8Array(2) };
    expect(() => validateImpressions(events)).toThrow("column like has 2 rows; expected 3");
  });
});
