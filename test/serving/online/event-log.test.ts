import { appendFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { OnlineEvent } from "../../../src/serving/online/contract.js";
import { loggedDays, openEventLog, type EventLog } from "../../../src/serving/online/event-log.js";
import { temporaryFolder } from "../../support/folder.js";

const event = (id: string, user = 0): OnlineEvent => ({
  id,
  user,
  video: 1,
  session: 8,
  day: 3,
  timeMs: 5,
  page: 0,
  position: 0,
});

async function opened(dir: string, options: Parameters<typeof openEventLog>[2] = {}): Promise<EventLog> {
  const log = await openEventLog(dir, 3, options);
  onTestFinished(() => log.close());
  return log;
}

async function idsOf(log: EventLog, from = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const { events } of log.read(from)) ids.push(...events.map(({ id }) => id));
  return ids;
}

describe("an event log", () => {
  it("has every acknowledged event after it is opened again, by user's partition, in order", async () => {
    const dir = temporaryFolder();
    const log = await opened(dir);
    expect(await log.append([event("a", 1), event("b", 2), event("c", 5)])).toEqual({ accepted: 3, duplicates: 0 });
    const again = await opened(dir);
    expect(await idsOf(again)).toEqual(["a", "c", "b"]); // users 1 and 5 share a partition of four
    expect(await idsOf(again, { "part-1.events": 1 })).toEqual(["c", "b"]);
    expect(await loggedDays(dir)).toEqual([3]);
  });

  it("counts an id once: in one call, in two at the same time, and after it is opened again", async () => {
    const dir = temporaryFolder();
    const log = await opened(dir);
    expect(await log.append([event("a"), event("a")])).toEqual({ accepted: 1, duplicates: 1 });
    const [first, second] = await Promise.all([
      log.append([event("b"), event("c")]),
      log.append([event("c"), event("d")]),
    ]);
    expect([first, second]).toEqual([
      { accepted: 2, duplicates: 0 },
      { accepted: 1, duplicates: 1 },
    ]);
    expect(await (await opened(dir)).append([event("a"), event("e")])).toEqual({ accepted: 1, duplicates: 1 });
    expect(await idsOf(log)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("shares a sync among those who wait, and tells of events in the order in which they are on the disk", async () => {
    let syncs = 0;
    const heard: string[] = [];
    const log = await opened(temporaryFolder(), {
      partitions: 1,
      onSync: () => void syncs++,
      onWritten: (events, positions) =>
        void heard.push(...events.map(({ id }) => `${id} ${positions["part-0.events"]}`)),
    });
    await Promise.all(Array.from({ length: 50 }, (_, i) => log.append([event(`e${i}`)])));
    expect(syncs).toBeLessThan(10);
    expect(heard.map((text) => text.split(" ")[0])).toEqual(await idsOf(log));
    expect(heard.at(-1)).toBe("e49 50");
  });

  it("cuts a last line that a crash has cut, whatever its length, and refuses a line that was changed", async () => {
    const dir = temporaryFolder();
    await (await opened(dir)).append([event("a"), event("b")]);
    const [file] = readdirSync(join(dir, "day=003")).map((name) => join(dir, "day=003", name));
    const whole = readFileSync(file!);
    const line = whole.subarray(0, whole.indexOf(10) + 1);
    for (let length = 0; length < line.length; length++) {
      writeFileSync(file!, whole);
      appendFileSync(file!, line.subarray(0, length));
      const log = await opened(dir);
      expect(await idsOf(log)).toEqual(["a", "b"]);
      expect(readFileSync(file!).equals(whole)).toBe(true);
    }
    const changed = Buffer.from(whole);
    changed[20] = changed[20]! ^ 1;
    writeFileSync(file!, changed);
    await expect(openEventLog(dir, 3)).rejects.toThrow(/damaged event log .*part-0.events: line 1 was changed/);
  });
});
