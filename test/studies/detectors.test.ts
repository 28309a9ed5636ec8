import { describe, expect, it } from "vitest";
import { hash32, uniform } from "../../src/random.js";
import { causeOf } from "../../src/studies/detectors/cause.js";
import { countDay, facetsOf, groups, learnTaste, type DayCounts } from "../../src/studies/detectors/days.js";
import { monitors, type Watched } from "../../src/studies/detectors/monitors.js";
import { driftCases, judgeWorlds, plan } from "../../src/studies/detectors/study.js";
import type { Catalogue, Impressions } from "../../src/types.js";

const topicNames = ["a", "b", "c", "d"];
const { facets, width } = facetsOf({ topicNames } as unknown as Catalogue);
const place = (stage: string, feature: string): number =>
  facets.find((one) => one.stage === stage && one.feature === feature)!.from;

/** A day of 600 visits, ten impressions each; from day 18 on a share of visits is on a tablet. */
function day(key: number, of: number, moved: number): DayCounts {
  const counts = new Uint16Array(groups * width);
  for (let visit = 0; visit < 600; visit++) {
    const draw = (what: number, size: number): number => hash32(key, of, visit, what) % size;
    const group = draw(0, groups) * width;
    const device = of >= 18 && uniform(key, of, visit, 8) < moved ? 1 : draw(1, 4);
    counts[group + place("arrivals", "device") + device]! += 1;
    for (const [f, feature] of ["region", "age band", "hour"].entries())
      counts[group + place("arrivals", feature) + draw(2 + f, 4)]! += 1;
    for (let slot = 0; slot < 10; slot++) {
      const [topic, click] = [draw(10 + slot, 4), Number(draw(30 + slot, 12) === 0)];
      counts[group + place("supply", "topic") + topic]! += 1;
      counts[group + place("supply", "video age") + draw(50 + slot, 5)]! += 1;
      for (const [feature, segment] of [
        ["device", device],
        ["region", draw(2, 4)],
        ["topic", topic],
        ["taste", slot % 3],
      ] as const)
        counts[group + place("response", feature) + 2 * segment + click]! += 1;
    }
  }
  const misses = Uint8Array.from({ length: 500 }, (_, at) => Number(uniform(key, of, at, 9) < 0.3));
  return { counts, misses };
}
const world = (key: number, moved: number): Watched => {
  const days = Array.from({ length: 28 }, (_, of) => day(key, of, moved));
  return { facets, width, reference: days.slice(0, 14), days: days.slice(14) };
};

describe("detectors", () => {
  const [quiet, moved] = [world(1, 0), world(1, 0.6)];
  const alarms = (seen: Watched) => monitors.map((monitor) => monitor.alarms(seen));

  it("find a device that visits moved to, in inputs and nowhere else, and name it", () => {
    const found = alarms(moved);
    const first = Object.fromEntries(monitors.map(({ name }, m) => [name, found[m]!.indexOf(true)]));
    expect(first["report on inputs"]).toBeGreaterThanOrEqual(4);
    expect(first["report on inputs"]).toBeLessThanOrEqual(7);
    expect(first["report on responses"]).toBe(-1);
    const event = { day: 4, kind: "covariate", strength: 0.6 } as const;
    expect(causeOf(moved, quiet, event, found).cause).toMatchObject({
      ...{ named: "arrivals: device", segment: "tablet", right: true, segmentRight: true },
    });
  });

  it("that exchange users and days are silent where nothing moved", () => {
    const found = alarms(quiet);
    for (const [m, { name }] of monitors.entries()) if (name.startsWith("report")) expect(found[m]).not.toContain(true);
  });

  it("are counted: false alarms in 30 days, drifts found, delays, and for whom to page", () => {
    const silent = Array.from({ length: plan.watched }, () => false);
    const from = (at: number) => silent.map((_, of) => of >= at);
    const cases = (late: number) =>
      driftCases.map(({ name, event }) => ({
        name,
        alarms: monitors.map((_, m) => (m === 0 && event ? from(plan.onset + late) : m === 1 ? from(2) : silent)),
      }));
    const study = judgeWorlds([cases(1), cases(3), cases(3)]);
    const row = (monitor: number) =>
      study.rows.find((one) => one.monitor === monitors[monitor]!.name && one.of === "all")!;
    expect([row(0).found.estimate, row(0).delay, row(2).found.estimate]).toEqual([1, 3, 0]);
    expect(row(2).found.high).toBeGreaterThan(0); // three worlds without one do not prove none
    expect(study.falseAlarms[1]!.per30Days.estimate).toBeCloseTo(30 / plan.watched);
    const everywhere = ["covariate", "concept", "prior"].map((kind) => ({ kind, monitor: monitors[0]!.name }));
    expect(study.page.monitors).toEqual(everywhere);
  });

  it("page for a kind only what finds half of its drifts and is quiet", () => {
    const days = (alarm: boolean) => Array.from({ length: plan.watched }, (_, of) => alarm && of > plan.onset);
    const always = Array.from({ length: plan.watched }, (_, of) => of % 2 === 0);
    const world = driftCases.map(({ name, event }) => ({
      name,
      alarms: monitors.map((_, m) => {
        if (m === 1) return always; // finds all, and is too loud
        if (m === 0) return days(event?.kind === "covariate");
        return days(m === 2 && event?.kind === "concept" && name.includes("small")); // one concept drift of four
      }),
    }));
    const { monitors: paged, sentence } = judgeWorlds([world, world]).page;
    expect(paged.map(({ monitor }) => monitor)).toEqual([monitors[0]!.name, "", ""]);
    expect(sentence).toContain(`Concept drift: none, the best quiet enough (${monitors[2]!.name}) finds 25 %.`);
  });

  it("count visits by their first impression, and clicks against the page's mean of a frozen model", () => {
    const catalogue = {
      topicNames,
      users: { count: 2, region: [0, 1], ageBand: [0, 1] },
      videos: { topic: [0, 1], uploadDay: [0, -40] },
    } as unknown as Catalogue;
    const events = (click: readonly number[]): Impressions =>
      ({
        ...{ count: 4, user: [0, 0, 1, 1], video: [0, 1, 0, 1], request: [5, 5, 6, 6], click, device: [2, 2, 0, 0] },
        ...{ page: [0, 0, 0, 0], position: [0, 1, 0, 1], timeMs: [0, 0, 0, 0], day: [2, 2, 2, 2] },
      }) as unknown as Impressions;
    const taste = learnTaste(catalogue, [events([1, 0, 0, 1])]);
    const { counts, misses } = countDay(catalogue, taste, events([0, 1, 1, 1]), Uint8Array.of(1, 1));
    expect(Array.from(misses)).toEqual([1, 1, 0]); // user 0 liked topic a, user 1 topic b
    expect(counts[place("arrivals", "device") + 2]).toBe(1);
    expect(counts[width + place("arrivals", "device")]).toBe(1);
    expect(counts[place("response", "topic") + 3]).toBe(1); // a click on topic b by user 0's group
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * 4 + 4 * 2 + 4 * 4);
  });
});
