import { openLoop } from "./open-loop.mjs";

/**
 * A soak: pages and events at a rate, while models and the index are swapped, a damaged model is offered, and the store beneath is restarted
 * where it can be. What counts: failed requests, swaps that were refused or taken wrongly, growth of memory after the warm-up.
 *
 * @param {{ url: string }} service
 * @param {{ requests: readonly import("./open-loop.mjs").LoadRequest[], rate: number, seconds: number, seed: number, swapEveryMs: number,
 *   restartStore?: () => Promise<void>, signal?: AbortSignal, onSecond?: (now: object) => void }} options
 */
export async function soak({ url }, { requests, rate, seconds, seed, swapEveryMs, restartStore, signal, onSecond }) {
  const memory = []; // { second, bytes }
  const before = await fallbacks(url);
  const swaps = { done: 0, refused: 0, faults: [] };
  let restarts = 0;
  const began = performance.now();
  const unanswered = (error) => void swaps.faults.push(`no answer: ${error.cause?.code ?? error.message}`);
  const swap = async (body, allowed) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/admin/swap`, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.status !== allowed) swaps.faults.push(`status ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    else swaps[allowed === 200 ? "done" : "refused"]++;
  };
  const load = openLoop({ url, requests, rate, seconds, seed }, { signal, onSecond });
  let going = true;
  const changes = (async () => {
    for (let turn = 0; going; turn++) {
      await until(began + (turn + 1) * swapEveryMs, () => going);
      if (!going) return;
      await (turn % 3 === 2 ? swap({ rankerDir: "/nowhere/that/is" }, 422) : swap({}, 200)).catch(unanswered);
      if (restartStore && turn % 3 === 1) {
        await restartStore();
        restarts++;
      }
    }
  })();
  const watching = (async () => {
    while (going) {
      const bytes = await metric(url, "process_resident_memory_bytes").catch(unanswered);
      if (bytes !== undefined) memory.push({ second: (performance.now() - began) / 1000, bytes });
      await until(performance.now() + 1000 * Math.min(5, seconds / 60), () => going);
    }
  })();
  const played = await load.finally(() => (going = false));
  await Promise.all([changes, watching]);
  const part = (from, to) =>
    median(memory.filter(({ second }) => second >= from * seconds && second < to * seconds).map(({ bytes }) => bytes));
  const [warm, last] = [part(0.3, 0.5), part(0.8, 1)];
  return {
    ...played,
    swaps,
    restarts,
    growth: last / warm - 1,
    memoryBytes: last,
    fallbacks: difference(await fallbacks(url), before),
  };
}

async function until(time, going) {
  while (going() && performance.now() < time) await new Promise((resolve) => setTimeout(resolve, 100));
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** A number of `/metrics`, by its name without the prefix. */
export async function metric(url, name) {
  const [, value] =
    new RegExp(`^stagecraft_${name} (\\S+)$`, "m").exec(await (await fetch(`${url}/metrics`)).text()) ?? [];
  if (value === undefined) throw new Error(`no metric ${name}`);
  return Number(value);
}

/** Stages that fell back so far, by stage, what to and why. */
export async function fallbacks(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.matchAll(/^stagecraft_fallbacks_total\{stage="([^"]+)",to="([^"]+)",reason="([^"]+)"\} (\d+)$/gm);
  return Object.fromEntries(
    [...found].map(([, stage, to, reason, count]) => [`${stage} → ${to} (${reason})`, Number(count)]),
  );
}

/** Counts that were added. */
export function difference(after, before) {
  const rest = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  return Object.fromEntries(rest.filter(([, count]) => count > 0));
}

/** Pages for these users and, every `everyth` request, an event of one of them. @returns {import("./open-loop.mjs").LoadRequest[]} */
export function mixOf(users, { day, everyth = Infinity }) {
  return users.map((user, i) => {
    if (i % everyth !== everyth - 1)
      return {
        method: "POST",
        path: "/recommend",
        body: JSON.stringify({ user, context: { timeMs: (i * 7919 * 1000) % 86_400_000 } }),
      };
    const session = (day * 2 ** 24 + user) * 8;
    const event = {
      id: "soak-{n}",
      user,
      video: i % 50,
      session,
      day,
      timeMs: 1000 * i,
      page: 0,
      position: 0,
      click: 1,
      watchMs: 9_000,
    };
    return { method: "POST", path: "/events", body: JSON.stringify({ events: [event] }) };
  });
}
