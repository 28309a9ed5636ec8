// `stagecraft serve` over HTTP: pages at a fixed rate from an open-loop generator in a process of its own, on the same machine; then a soak
// of a minute at 70 % of the rate with swaps and event writes (ten minutes: scripts/drills/soak-serve.mjs).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { short, takeTurns } from "./harness.mjs";
import { openLoop } from "./load/open-loop.mjs";
import { knownUsers, startService } from "./load/service.mjs";
import { difference, fallbacks, metric, mixOf, soak } from "./load/soak.mjs";

const target = { rate: 80, p99Ms: 35 };
const sizes = {
  smoke: { scale: "tiny", rate: 20, seconds: 2, soakSeconds: 6, others: [] },
  tiny: { scale: "tiny", rate: target.rate, seconds: 12, soakSeconds: 60, others: [40, 120, 160] },
  small: { scale: "small", rate: target.rate, seconds: 12, soakSeconds: 60, others: [40, 120, 160] },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, signal, onProgress }) {
  const { rate, seconds, soakSeconds, others, scale: world } = sizes[scale];
  const events = await mkdtemp(path.join(tmpdir(), "bench-serve-"));
  const service = await startService(["--scale", world, "--seed", String(seed), "--events", events], { signal });
  try {
    const { url } = service;
    const users = await knownUsers(url, 500);
    const { day } = await (await fetch(`${url}/readyz`)).json();
    const requests = mixOf(users, { day });
    const results = [];
    const play = async (perSecond, seed) => {
      const cpu = await metric(url, "process_cpu_seconds_total");
      const result = await openLoop({ url, requests, rate: perSecond, seconds, seed }, { signal });
      return { ...result, serviceCpu: (await metric(url, "process_cpu_seconds_total")) - cpu };
    };
    const contender = {
      name: `pages at ${rate}/s`,
      unit: "answers",
      includes:
        "HTTP, validation, retrieval, features, ranking, re-ranking, JSON; latency from the intended send; CPU of the service alone",
      run: async () => {
        const result = await play(rate, seed + results.length);
        results.push(result);
        return {
          work: result.answered,
          seconds: result.answered / result.achievedRate,
          cpuSeconds: result.serviceCpu,
          p50Ms: result.latencyMs.p50,
          p99Ms: result.latencyMs.p99,
        };
      },
    };
    const before = await fallbacks(url);
    const measured = await takeTurns([contender], { repetitions, signal, onProgress });
    const played = results.slice(1);
    const degraded = difference(await fallbacks(url), before);
    const share = Object.values(degraded).reduce((sum, count) => sum + count, 0) / results.length / played[0].sent;
    const other = [];
    for (const perSecond of others) other.push(await play(perSecond, seed));
    const soaked = await soak(service, {
      ...{ requests: mixOf(users, { day, everyth: 5 }), rate: 0.7 * rate, seconds: soakSeconds, seed, signal },
      swapEveryMs: Math.min(10_000, (1000 * soakSeconds) / 4),
    });
    const median = (of) => [...played].map(of).sort((a, b) => a - b)[played.length >> 1];
    const held =
      median((one) => one.latencyMs.p99) <= target.p99Ms && share <= 0.01 && played.every((one) => one.failed === 0);
    const row = (one) => [
      ...[`${short(one.wantedRate)}/s`, short(one.achievedRate), short(one.latencyMs.p50), short(one.latencyMs.p99)],
      ...[
        short(one.latencyMs.max),
        short(one.lagMs.p99),
        String(one.failed),
        short((one.serviceCpu / one.answered) * 1000),
        short(one.cpuSeconds),
      ],
    ];
    const head = [
      "rate",
      "achieved",
      "p50 ms",
      "p99 ms",
      "max ms",
      "own lag p99 ms",
      "failed",
      "service CPU ms per answer",
      "generator CPU s",
    ];
    return {
      title: `serve: pages over HTTP at scale ${world}, ${users.length} users`,
      measured,
      ratios: [],
      tables: [{ title: "by rate", rows: [head, ...[...played, ...other].map(row)] }],
      notes: [
        `target ≥ ${target.rate}/s at p99 ≤ ${target.p99Ms} ms with the generator beside it: ${held ? "held" : "not held"} (median of turns, at most 1 % fell back)`,
        `fell back at ${rate}/s, ${short(100 * share)} per 100 answers: ${tell(degraded)}`,
        `soak of ${soakSeconds} s at ${short(0.7 * rate)}/s with events: ${soakText(soaked)}`,
      ],
      soak: soaked,
    };
  } finally {
    await service.stop();
    await rm(events, { recursive: true, force: true });
  }
}

/** A soak in one line. */
export function soakText({ sent, failed, faults, latencyMs, swaps, restarts, growth, memoryBytes, fallbacks }) {
  return (
    `${failed} of ${sent} failed${failed > 0 ? ` (${tell(faults)})` : ""}, p99 ${short(latencyMs.p99)} ms, ${swaps.done} swaps, ${swaps.refused} ` +
    `damaged ones refused${swaps.faults.length > 0 ? `, ${swaps.faults.length} wrong: ${swaps.faults[0]}` : ""}, ${restarts} restarts of the ` +
    `store, memory ${short(memoryBytes / 2 ** 20)} MiB, ${growth >= 0 ? "+" : "−"}${short(Math.abs(100 * growth))} % after warm-up; fell back: ${tell(fallbacks)}`
  );
}

function tell(counts) {
  const all = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return all.length > 0 ? all.join(", ") : "never";
}
