import { describe, expect, it } from "vitest";
import { fitValueWeights, readReturns, type ReturnRows } from "../../src/studies/value/value-weights.js";
import { emptyImpressions, eventColumns, writeDay, type EventField } from "../../src/log/index.js";
import type { Task } from "../../src/models/index.js";
import { keyOf, uniform } from "../../src/random.js";
import type { Impressions } from "../../src/types.js";
import { fakeCatalogue } from "../serving/fakes.js";
import { temporaryFolder } from "../support/folder.js";

/** User-days whose returns are drawn from known coefficients. */
function planted(users: number, days: number, b: Readonly<Partial<Record<Task, number>>>): ReturnRows {
  const key = keyOf(5, "returns");
  const count = users * days;
  const draw = (purpose: number, most: number): Float64Array =>
    Float64Array.from({ length: count }, (_, row) => Math.floor((most + 1) * uniform(key, row, purpose)));
  const amounts = {
    click: draw(1, 8),
    longWatch: draw(2, 4),
    watch: draw(3, 30),
    like: draw(4, 3),
    hide: draw(5, 2),
    conversion: draw(6, 1),
  };
  const logit = (row: number): number =>
    -1 + Object.entries(b).reduce((sum, [task, value]) => sum + value * amounts[task as Task][row]!, 0);
  return {
    count,
    amounts,
    user: Int32Array.from({ length: count }, (_, row) => row % users),
    day: Int16Array.from({ length: count }, (_, row) => Math.floor(row / users)),
    visits: draw(7, 2),
    impressions: draw(8, 50),
    activeBefore: new Float64Array(count).fill(0.5),
    isNew: new Uint8Array(count),
    back: Uint8Array.from({ length: count }, (_, row) =>
      uniform(key, row, 9) < 1 / (1 + Math.exp(-logit(row))) ? 1 : 0,
    ),
  };
}

/** Impressions of a day, each with what is said of it; the rest is 0. */
function eventsOf(day: number, rows: readonly Partial<Record<EventField, number>>[]): Impressions {
  const events = emptyImpressions(["only"], ["only"], rows.length);
  rows.forEach((row, at) => {
    for (const { field } of eventColumns) events[field][at] = { propensity: 1, day, request: at, ...row }[field] ?? 0;
  });
  return events;
}

describe("value weights from returns", () => {
  it("recover planted exchange rates in watch minutes, within their errors", () => {
    const fitted = fitValueWeights(planted(2000, 6, { watch: 0.05, like: 0.2, hide: -0.5, longWatch: 0.1 }), {
      replicates: 60,
    });
    const truth = { click: 0, longWatch: 2, watch: 1, like: 4, hide: -10, conversion: 0 };
    for (const { task, minutes, coefficient } of fitted.terms) {
      expect(Math.abs(minutes.estimate - truth[task]), task).toBeLessThan(3.5 * minutes.standardError + 1e-9);
      expect(minutes.low <= minutes.estimate && minutes.estimate <= minutes.high).toBe(true);
      expect(coefficient.units).toBe(2000);
      expect(fitted.weights![task]).toBe(coefficient.low > 0 || coefficient.high < 0 ? minutes.estimate : 0);
    }
    for (const task of ["watch", "like", "hide", "longWatch"] as const) expect(fitted.weights![task]).not.toBe(0);
    expect(fitted.terms.find(({ task }) => task === "hide")!.coefficient.estimate).toBeCloseTo(-0.5, 1);
  });

  it("say that nothing can be told in minutes where a minute goes with fewer returns", () => {
    expect(fitValueWeights(planted(500, 4, { watch: -0.1, like: 0.5 }), { replicates: 10 }).weights).toBeUndefined();
  });

  it("refuse rows that all came back", () => {
    const rows = planted(10, 2, {});
    expect(() => fitValueWeights({ ...rows, back: new Uint8Array(20).fill(1) })).toThrow(
      "20 of 20 user-days were followed by a visit; allowed: some, but not all",
    );
  });

  it("are read off the log: amounts by user-day, ads left out, the next day's visit as the outcome, the last day dropped", async () => {
    const dir = temporaryFolder();
    const catalogue = fakeCatalogue({ users: 5, videos: 8, days: 4 });
    const short = catalogue.videos.durationMs[3]!;
    const events = (day: number, rows: Parameters<typeof eventsOf>[1]) => writeDay(dir, day, eventsOf(day, rows));
    await events(0, [
      { user: 1, video: 3, click: 1, watchMs: Math.ceil(0.8 * Math.min(short, 37_500)), like: 1 },
      { user: 1, video: 4, session: 9 },
      { user: 1, video: 5, click: 1, watchMs: 600_000, campaign: 2 }, // an ad
      { user: 2, video: 3, click: 1, watchMs: 100, hide: 1, conversion: 2 },
    ]);
    await events(1, [{ user: 2, video: 1 }]);
    await events(2, [
      { user: 1, video: 1 },
      { user: 2, video: 1 },
    ]);
    const rows = await readReturns(dir, [0, 1, 2], catalogue);
    expect([Array.from(rows.user), Array.from(rows.day), Array.from(rows.back)]).toEqual([
      [1, 2, 2],
      [0, 0, 1],
      [0, 1, 1],
    ]);
    expect(
      Object.fromEntries(Object.entries(rows.amounts).map(([task, values]) => [task, Array.from(values)])),
    ).toEqual({
      click: [1, 1, 0],
      longWatch: [1, 0, 0],
      like: [1, 0, 0],
      hide: [0, 1, 0],
      conversion: [0, 1, 0],
      watch: [Math.ceil(0.8 * Math.min(short, 37_500)) / 60_000, 100 / 60_000, 0],
    });
    expect([Array.from(rows.visits), Array.from(rows.impressions), Array.from(rows.activeBefore)]).toEqual([
      [2, 1, 1],
      [2, 1, 1],
      [1 / 2, 1 / 2, 2 / 3],
    ]);
  });
});
