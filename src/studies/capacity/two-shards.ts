/**
 * The capacity model put to the test: it measures one shard at two small sizes, predicts two shards of a larger one under an open-loop load
 * (bytes, CPU of building and of a request, latency), and then runs them, each in a process with its half of the index.
 *
 *     bytes = a × n      build = b × n × log2 n      search = c + d × log2 n      latency: `simulateFanOut`
 */
import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quantileOf, simulateFanOut } from "../../brief/index.js";
import { compiledUrl } from "../../platform/compiled.js";
import { exponential, keyOf, uniformInt } from "../../random.js";
import type { RunControl } from "../../types.js";
import { searched, unitVectors, type ShardAnswer, type ShardPlan, type ShardQuestion } from "./shard.js";

/** Sizes of the run. */
export interface TwoShardPlan {
  readonly seed: number;
  readonly dims: number;
  readonly small: readonly [number, number]; // vectors of the shards that are measured
  readonly each: number; // vectors of each of the two shards that are predicted
  readonly requests: number;
  readonly ratePerSecond: number; // low enough that a busy machine of two cores keeps up
}

/** The usual run: about a minute of one core. */
export const twoShardDefaults: TwoShardPlan = {
  seed: 42,
  dims: 64,
  small: [15_000, 30_000],
  each: 60_000,
  requests: 800,
  ratePerSecond: 50,
};

/** One number predicted and measured. `strict`: of CPU or bytes, so that other programs on the machine do not change it. */
export interface Predicted {
  readonly name: string;
  readonly unit: string;
  readonly formula: string;
  readonly predicted: number;
  readonly measured: number;
  readonly strict: boolean;
}

/** What one size of shard costs, from a process of its own. */
export interface ShardCost {
  readonly vectors: number;
  readonly bytes: number;
  readonly buildCpuSeconds: number;
  readonly cpuMs: number; // CPU of the shard's process per query, messages included
  readonly tookMs: Float64Array; // wall clock of a search, ascending
  readonly otherMs: number; // median of what else a request takes: messages, merging
}

/** Measures, predicts, runs. */
export async function twoShards(
  plan: TwoShardPlan = twoShardDefaults,
  control: RunControl = {},
): Promise<{
  readonly rows: readonly Predicted[];
  readonly shards: readonly ShardCost[];
}> {
  const folder = await mkdtemp(join(tmpdir(), "stagecraft-shards-"));
  const step = (name: string, done: number): void => {
    control.signal?.throwIfAborted();
    control.onProgress?.("shards", done, 4, name);
  };
  const { seed, dims, small, each, ratePerSecond } = plan;
  try {
    const shards: ShardCost[] = [];
    for (const [i, count] of small.entries()) {
      step(`one shard of ${count}`, i);
      shards.push(await costOf(plan, count, folder));
    }
    step(`two shards of ${each}`, 2);
    const opened = await Promise.all([0, 1].map((s) => open({ seed, dims, first: s * each, count: each }, folder, s)));
    const [first, second] = shards as [ShardCost, ShardCost];
    const search = (of: (shard: ShardCost) => number, n: number): number => {
      const slope = (of(second) - of(first)) / Math.log2(second.vectors / first.vectors);
      return of(second) + slope * Math.log2(n / second.vectors);
    };
    const medianOf = (shard: ShardCost): number => quantileOf(shard.tookMs, 0.5);
    const scale = search(medianOf, each) / medianOf(second);
    const key = keyOf(seed, "shard times");
    const simulated = simulateFanOut({
      leaves: 2,
      ratePerSecond,
      requests: 20_000,
      seed,
      serviceMs: (request, leaf) => scale * second.tookMs[uniformInt(second.tookMs.length, key, request, leaf)]!,
    });
    step("requests", 3);
    const run = await load(opened, plan);
    const bytes = (second.bytes / second.vectors) * 2 * each;
    const growth = (each * Math.log2(each)) / (second.vectors * Math.log2(second.vectors));
    const cpuMs = 2 * search((shard) => shard.cpuMs, each);
    const row = (
      name: string,
      unit: string,
      formula: string,
      predicted: number,
      measured: number,
      strict: boolean,
    ): Predicted => ({
      ...{ name, unit, formula, predicted, measured, strict },
    });
    const sum = (of: (shard: Opened) => number): number => opened.reduce((all, shard) => all + of(shard), 0);
    const fixed = (value: number): string => value.toPrecision(3);
    return {
      shards,
      rows: [
        row(
          "index of both shards",
          "bytes",
          `${fixed(second.bytes / second.vectors)} bytes × ${2 * each} vectors`,
          bytes,
          sum((s) => s.bytes),
          true,
        ),
        row(
          "building both",
          "CPU s",
          `2 × ${fixed(second.buildCpuSeconds)} s × (n log n) ${fixed(growth)}`,
          2 * second.buildCpuSeconds * growth,
          sum((s) => s.buildCpuSeconds),
          true,
        ),
        row(
          "CPU of a request, both shards",
          "ms",
          `2 × (${fixed(second.cpuMs)} ms + slope × log2 ${fixed(each / second.vectors)})`,
          cpuMs,
          run.cpuMs,
          true,
        ),
        ...([50, 95, 99] as const).map((percent) =>
          row(
            percent === 50 ? "median latency" : `p${percent} latency`,
            "ms",
            "simulated: two leaves, measured search times",
            second.otherMs + quantileOf(simulated.latencyMs, percent / 100),
            quantileOf(run.latencyMs, percent / 100),
            false,
          ),
        ),
      ],
    };
  } finally {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opened {
  readonly child: ChildProcess;
  readonly bytes: number;
  readonly buildCpuSeconds: number;
}

/** Requests sent first whose times are not counted. */
const warmUp = 100;

/** Processes that are running, so that none is left behind. */
const children: ChildProcess[] = [];

async function open(plan: ShardPlan, folder: string, name: number): Promise<Opened> {
  const child = fork(fileURLToPath(compiledUrl("shard-process", import.meta.url)), { serialization: "advanced" });
  children.push(child);
  const { bytes, buildCpuSeconds } = await ask(
    child,
    { kind: "open", plan, path: join(folder, `shard-${name}`) },
    "ready",
  );
  return { child, bytes, buildCpuSeconds };
}

function ask<K extends ShardAnswer["kind"]>(
  child: ChildProcess,
  question: ShardQuestion,
  kind: K,
): Promise<Extract<ShardAnswer, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a shard's process ended with code ${String(code)}`));
    child.once("exit", ended);
    child.once("message", (answer: ShardAnswer) => {
      child.off("exit", ended);
      if (answer.kind === kind) resolve(answer as Extract<ShardAnswer, { kind: K }>);
      else reject(new Error(`a shard answered ${answer.kind}; expected ${kind}`));
    });
    child.send(question);
  });
}

/** Opens one shard, sends it the same load as both will have, and closes it. */
async function costOf(plan: TwoShardPlan, count: number, folder: string): Promise<ShardCost> {
  const one = await open({ seed: plan.seed, dims: plan.dims, first: 0, count }, folder, 9);
  const { tookMs, latencyMs, cpuMs } = await load([one], plan);
  one.child.disconnect();
  const otherMs = quantileOf(latencyMs, 0.5) - quantileOf(tookMs, 0.5);
  return { vectors: count, bytes: one.bytes, buildCpuSeconds: one.buildCpuSeconds, cpuMs, tookMs, otherMs };
}

/** Sends queries to all shards at Poisson times, whether answers are back or not; a request's latency counts from its intended time. */
async function load(
  shards: readonly Opened[],
  { seed, dims, ratePerSecond, requests: counted }: TwoShardPlan,
): Promise<{ readonly latencyMs: Float64Array; readonly tookMs: Float64Array; readonly cpuMs: number }> {
  const requests = counted + warmUp;
  const key = keyOf(seed, "shard load");
  const queries = unitVectors(seed + 1, 0, requests, dims);
  for (const { child } of shards) await ask(child, { kind: "usage" }, "used");
  const [dueMs, latencyMs] = [new Float64Array(requests), new Float64Array(requests)];
  const tookMs = new Float64Array(requests);
  const best = Array.from({ length: requests }, (): { left: number; scores: Float32Array[] } => ({
    left: shards.length,
    scores: [],
  }));
  const startMs = performance.now() + 20;
  for (let r = 0, at = startMs; r < requests; r++) dueMs[r] = at += (1000 / ratePerSecond) * exponential(key, r);
  await new Promise<void>((resolve, reject) => {
    let left = requests;
    for (const { child } of shards) {
      child.once("exit", (code) => reject(new Error(`a shard's process ended with code ${String(code)}`)));
      child.on("message", (answer: ShardAnswer) => {
        if (answer.kind !== "found") return;
        const of = best[answer.id]!;
        of.scores.push(answer.scores);
        tookMs[answer.id] = Math.max(tookMs[answer.id]!, answer.tookMs);
        if (--of.left > 0) return;
        merge(of.scores, searched.k);
        latencyMs[answer.id] = performance.now() - dueMs[answer.id]!;
        if (--left === 0) resolve();
      });
    }
    let next = 0;
    const send = (): void => {
      while (next < requests && dueMs[next]! <= performance.now()) {
        const query = queries.slice(next * dims, (next + 1) * dims);
        for (const { child } of shards) child.send({ kind: "find", id: next, query } satisfies ShardQuestion);
        next++;
      }
      if (next < requests) setTimeout(send, Math.max(0, dueMs[next]! - performance.now() - 0.5));
    };
    send();
  });
  for (const { child } of shards) child.removeAllListeners();
  const used = await Promise.all(shards.map(({ child }) => ask(child, { kind: "usage" }, "used")));
  const cpuMs = (1000 * used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)) / requests;
  return { latencyMs: latencyMs.slice(warmUp).sort(), tookMs: tookMs.slice(warmUp).sort(), cpuMs };
}

/** The k best of sorted lists. */
function merge(lists: readonly Float32Array[], k: number): Float32Array {
  const at = lists.map(() => 0);
  return Float32Array.from({ length: k }, () => {
    let from = 0;
    for (let l = 1; l < lists.length; l++) if ((lists[l]![at[l]!] ?? -2) > (lists[from]![at[from]!] ?? -2)) from = l;
    return lists[from]![at[from]!++] ?? NaN;
  });
}
