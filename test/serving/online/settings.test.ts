import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RecommendRequest } from "../../../src/serving/online/contract.js";
import { createSettings, readSettings, type Settings } from "../../../src/serving/online/settings.js";
import { ageBands, languages, type Catalogue } from "../../../src/types.js";
import { fakeCatalogue, fakeDay } from "../../support/fake-log.js";
import { temporaryFolder } from "../../support/folder.js";
import { eventsOfColumns } from "../../../src/serving/online/event-columns.js";
import { opened } from "./fake-service.js";

const catalogue = fakeCatalogue();
const calm = { exploration: 0, diversity: 0 };

function set(file: unknown): { settings: (of: Catalogue) => Promise<Settings> } {
  return { settings: async (of) => Promise.resolve(createSettings(file, of)) };
}

describe("settings of a service", () => {
  it("that are wrong are refused with the file, the place and what is allowed", async () => {
    const path = join(temporaryFolder(), "settings.json");
    const cases: [string, RegExp][] = [
      ["{ sources", /settings .*settings\.json: .*JSON/],
      ['{"sources": {"twoTower": 0.9, "popular": 0.3}}', /shares sum to 1\.2; allowed: at most 1/],
      ['{"sources": {}}', /no source; allowed: at least one above 0/],
      ['{"sources": {"towers": 1}}', /towers/],
      ['{"languages": ["xx"]}', /"en"/],
      ['{"languages": "any"}', /allowed: any of en/],
      ['{"blocked": [100000]}', /unknown video: 100000; allowed: 0 … /],
      [
        '{"rules": [{ "name": "a", "action": "block", "topics": ["no"] }]}',
        /rule "a": unknown topic: no; known: topic-0/,
      ],
      ['{"colour": 1}', /colour/],
    ];
    for (const [text, fault] of cases) {
      await writeFile(path, text);
      await expect(readSettings(path, catalogue), text).rejects.toThrow(fault);
    }
    await writeFile(path, '{"rules": [{ "name": "a", "action": "block", "videos": [1] }]}');
    expect((await readSettings(path, catalogue)).rules!.version).toHaveLength(12);
  });

  it("rules hold on every page, with their reason in the trace; a swap reads them again, and keeps the old ones where it cannot", async () => {
    const topic = catalogue.topicNames[catalogue.videos.topic[0]!]!;
    let file: unknown = { rules: [{ name: "no such topic today", action: "block", topics: [topic] }] };
    const { page, ask } = await opened({ settings: async (of) => Promise.resolve(createSettings(file, of)) });
    const topicsOf = async (): Promise<Set<string>> => {
      const { items } = await page({ user: 3 });
      return new Set(items.map(({ video }) => catalogue.topicNames[catalogue.videos.topic[video]!]!));
    };
    expect(await topicsOf()).not.toContain(topic);
    const { trace, versions } = await page({ user: 3, trace: true });
    expect(trace!.removed.map(({ reason }) => reason)).toContain("rule no such topic today");
    expect(versions["rules"]).toHaveLength(12);
    file = { rules: [{ name: "broken", action: "block", topics: ["no such"] }] };
    expect((await ask("/admin/swap", {})).status).toBe(422);
    expect(await topicsOf()).not.toContain(topic);
    const others = catalogue.topicNames.filter((one) => one !== topic);
    file = { rules: [{ name: "the others", action: "block", topics: others }] };
    expect((await ask("/admin/swap", {})).status).toBe(200);
    expect(await topicsOf()).toEqual(new Set([topic]));
  });

  it("a blocked video is on nobody's page, whatever else fails", async () => {
    const blocked = Array.from({ length: 20 }, (_, at) => at * 2);
    const { page, behaviour, store } = await opened(set({ blocked }));
    const asked: RecommendRequest[] = [{ user: 3 }, { user: 2_000_000_000 }, { profile: { language: "zh" } }, {}];
    const check = async (): Promise<void> => {
      for (const one of asked) {
        const { items } = await page({ ...one, slots: 10 });
        expect(items.length).toBeGreaterThan(0);
        expect(items.filter(({ video }) => blocked.includes(video))).toEqual([]);
      }
    };
    await check();
    const { trace } = await page({ user: 3, trace: true });
    expect(trace!.removed.map(({ reason }) => reason)).toContain("blocked");
    behaviour.embedQueries = async () => Promise.reject(new Error("broken"));
    await check();
    store.rankRows = (): never => {
      throw new Error("no features");
    };
    await check();
    behaviour.predict = async (rows) =>
      Promise.resolve({ clickProbability: new Float32Array(rows.count), watchMs: new Float32Array(1) });
    await check();
  });

  it("only the user's own language and those named; of whose language is not known, any", async () => {
    const { page } = await opened(set({ languages: ["fr"] }));
    const user = catalogue.users.joinDay.findIndex((day) => day <= 0);
    const spoken = async (asked: RecommendRequest): Promise<Set<number>> =>
      new Set(
        (await page({ ...asked, slots: 10, tuning: calm })).items.map(({ video }) => catalogue.videos.language[video]!),
      );
    expect(await spoken({ user })).toEqual(new Set([catalogue.users.language[user]!]));
    expect(await spoken({ profile: { language: "zh" } })).toEqual(new Set([languages.indexOf("zh")]));
    expect((await spoken({ profile: { region: "europe" } })).size).toBeGreaterThan(1);
    const { trace } = await page({ user, trace: true });
    expect(trace!.removed.map(({ reason }) => reason)).toContain("language");
  });

  it("a rule for an age band holds for a profile that tells it, and for no other", async () => {
    const rules = [{ name: "minors", action: "block", videos: [...Array(40).keys()], ageBands: [ageBands[0]] }];
    const { page } = await opened(set({ rules }));
    const least = async (profile: object): Promise<number> =>
      Math.min(...(await page({ profile, slots: 10 })).items.map(({ video }) => video));
    expect(await least({ ageBand: ageBands[0], region: "europe" })).toBeGreaterThanOrEqual(40);
    expect(await least({ ageBand: ageBands[1], region: "europe" })).toBeLessThan(40);
    expect(await least({ region: "europe" })).toBeLessThan(40);
  });

  it("near-duplicates leave the page with the video that they repeat, unless they may stay", async () => {
    const same = fakeCatalogue();
    same.videos.language.fill(0);
    same.videos.durationMs.fill(60_000);
    const thumbnailOf = (video: number): Uint8Array =>
      Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * (video >> 1) * 7919) % 251); // pairs look alike
    const copies = async (file: object): Promise<[number, string[]]> => {
      const { page } = await opened({ catalogue: same, thumbnailOf, ...set(file) });
      const { items, trace } = await page({ user: 3, slots: 10, trace: true, tuning: calm });
      const pairs = new Set(items.map(({ video }) => video >> 1));
      return [items.length - pairs.size, trace!.removed.map(({ reason }) => reason)];
    };
    const [left, reasons] = await copies({});
    expect(left).toBe(0);
    expect(reasons).toContainEqual(expect.stringMatching(/^duplicate of \d+$/));
    expect((await copies({ nearDuplicates: false }))[0]).toBeGreaterThan(0);
  });

  it("each source has its share of the candidates, and the trace counts it; what was watched today feeds item-to-item after a restart, too", async () => {
    const sources = {
      twoTower: 0.2,
      popular: 0.2,
      fresh: 0.1,
      uniform: 0.1,
      trending: 0.1,
      followed: 0.1,
      itemToItem: 0.2,
    };
    const dir = temporaryFolder();
    const first = await opened({ dir, ...set({ sources }) });
    const day = fakeDay(catalogue, 0);
    await first.ask("/events", { events: eventsOfColumns(day) });
    const sourcesOf = async ({ page }: typeof first, user: number): Promise<string[]> =>
      (await page({ user, trace: true })).trace!.sources.map(({ source }) => source);
    const user = day.user[day.click.findIndex((click) => click === 1)]!;
    const found = await sourcesOf(first, user);
    expect(found).toContain("item-to-item");
    expect(new Set(found).size).toBeGreaterThan(3);
    await first.stop();
    const again = await opened({ dir, ...set({ sources }) });
    expect(await sourcesOf(again, user)).toEqual(found);
  });
});
