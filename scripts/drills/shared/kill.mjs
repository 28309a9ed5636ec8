/** Kills a service while events are written to it, and looks into its log: what was acknowledged must be there, once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { filesBelow } from "./drill.mjs";

const writers = 6;
export const videosOfEvents = 100; // events are of these

/**
 * @param {{ start: () => Promise<{ url: string, child: import("node:child_process").ChildProcess, ended: Promise<void> }>, folder: string,
 *   users: readonly number[], times: number, draw: (...name: unknown[]) => number, tell: (what: string, wrong: string[], fine: string) => void
 *   }} of  `folder`: of the log of events; `start` opens it again and again @returns the last service, which runs, and the events in the log
 */
export async function killing({ start, folder, users, times, draw, tell }) {
  const acknowledged = new Set();
  const sent = new Set();
  let service = await start();
  let serial = 0; // of events
  for (let attempt = 0; attempt < times; attempt++) {
    const { url, child, ended } = service;
    const { day } = await (await fetch(`${url}/readyz`)).json();
    const kill = () => setTimeout(() => child.kill("SIGKILL"), 400 * draw("moment", attempt));
    let killed = attempt % 4 === 0 ? kill() : undefined; // else after the first acknowledgement
    let batch = 0;
    const write = async () => {
      for (;;) {
        const name = `${attempt}-${batch++}`;
        const size = 1 + Math.floor(20 * draw("size", name));
        const events = Array.from({ length: size }, () => eventOf(serial++, day, users, draw));
        for (const { id } of events) sent.add(id);
        const answer = await post(`${url}/events`, { events }).catch(() => undefined);
        if (answer === undefined) return; // killed
        if (!answer.ok) throw new Error(`status ${answer.status}: ${await answer.text()}`);
        if (await answer.json().catch(() => undefined)) for (const { id } of events) acknowledged.add(id);
        killed ??= kill();
      }
    };
    await Promise.all(Array.from({ length: writers }, write)).finally(() => clearTimeout(killed));
    await ended;
    service = await start();
    const counts = idsBelow(folder);
    const wrong = {
      "acknowledged events are gone": [...acknowledged].filter((id) => !counts.has(id)),
      "events are there more than once": [...counts.keys()].filter((id) => counts.get(id) > 1),
      "events that nobody sent": [...counts.keys()].filter((id) => !sent.has(id)),
    };
    tell(
      `kill ${attempt}`,
      Object.entries(wrong).flatMap(([what, ids]) =>
        ids.length > 0 ? [`${ids.length} ${what}, ${ids[0]} among them`] : [],
      ),
      `${acknowledged.size} of ${sent.size} sent are acknowledged, ${counts.size} in the log`,
    );
  }
  return { service, events: idsBelow(folder).size, acknowledged: [...acknowledged] };
}

export function post(url, body) {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** Event `n`, valid: no two are of one place on a page, and no page has a video twice. */
function eventOf(n, day, users, draw) {
  const user = users[n % users.length];
  const nth = Math.floor(n / users.length); // of the user
  const [position, page, visit] = [nth % 20, Math.floor(nth / 20) % 64, Math.floor(nth / 1280) % 8];
  const video = (5 * position + nth + user) % videosOfEvents; // each once on a page
  const click = draw("click", n) < 0.3 ? 1 : 0;
  const timeMs = Math.floor(86_400_000 * draw("time", n));
  const session = (day * 2 ** 24 + user) * 8 + visit;
  return { id: `kill-${n}`, user, video, day, timeMs, session, page, position, click, watchMs: click * 5_000 };
}

/** How often each id is in the log, read without the service's own reader; a cut last line may be there. */
function idsBelow(folder) {
  const counts = new Map();
  for (const path of filesBelow(folder).filter((one) => one.endsWith(".events")))
    for (const line of readFileSync(join(folder, path), "utf8").split("\n").filter(Boolean)) {
      const json = line.slice(9);
      if (line.slice(0, 8) !== crc32(json).toString(16).padStart(8, "0")) continue;
      const { id } = JSON.parse(json);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  return counts;
}
