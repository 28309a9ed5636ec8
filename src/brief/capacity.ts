/**
 * Requirements → budgets, as back-of-the-envelope arithmetic a reader can check: every line carries its formula as text.
 * Latency is split over the funnel's stages; the funnel reports against these numbers.
 */
import type { Requirements } from "./requirements.js";

/** One line of arithmetic. */
export interface CapacityLine {
  readonly name: string;
  readonly formula: string; // as text, with the numbers inserted
  readonly value: number;
  readonly unit: string;
}

/** Stages of a page request, in order. */
export const stages = ["retrieve", "features", "rank", "rerank", "overhead"] as const;
export type Stage = (typeof stages)[number];

/** Milliseconds that each stage may take; the values sum to the latency target. */
export type LatencyBudget = Readonly<Record<Stage, number>>;

/** Shares of the latency target in per cent: ranking does most of the work; overhead is the network, parsing and logging. */
const latencyPercent: LatencyBudget = { retrieve: 15, features: 20, rank: 40, rerank: 10, overhead: 15 };

/**
 * Splits the latency target over the stages.
 * @throws RangeError unless the target is a positive number of milliseconds.
 */
export function latencyBudget(requirements: Requirements): LatencyBudget {
  mustBePositive(requirements, "latencyTargetMs");
  const parts = stages.map((stage) => [stage, (requirements.latencyTargetMs * latencyPercent[stage]) / 100]);
  return Object.fromEntries(parts) as LatencyBudget;
}

/**
 * All budgets, in the order in which one follows from another.
 * @throws RangeError naming the first requirement that is not a positive number.
 * @example for (const line of capacity(youtubeLike)) console.log(line.name, "=", line.formula, "=", line.value, line.unit);
 */
export function capacity(requirements: Requirements): readonly CapacityLine[] {
  const r = requirements;
  for (const field of Object.keys(r) as (keyof Requirements)[])
    if (field !== "name" && field !== "uploadsPerDay") mustBePositive(r, field);
  const lines: CapacityLine[] = [];
  const line = (name: string, formula: string, value: number, unit: string): number => {
    lines.push({ name, formula, value, unit });
    return value;
  };

  const requests = line(
    "requests per day",
    `${n(r.dailyActiveUsers)} daily active users × ${n(r.requestsPerUserDay)} requests`,
    r.dailyActiveUsers * r.requestsPerUserDay,
    "requests/day",
  );
  const mean = line("mean request rate", `${n(requests)} requests ÷ 86,400 s`, requests / 86_400, "requests/s");
  const peak = line(
    "peak request rate",
    `${n(mean)} requests/s × peak-to-mean ${n(r.peakToMean)}`,
    mean * r.peakToMean,
    "requests/s",
  );

  const events = line("events per day", `${n(requests)} requests × ${r.slots} slots`, requests * r.slots, "events/day");
  const dayBytes = line(
    "log per day",
    `${n(events)} events × ${n(r.eventBytes)} bytes`,
    events * r.eventBytes,
    "bytes/day",
  );
  line("log kept", `${n(dayBytes)} bytes × ${n(r.retentionDays)} days`, dayBytes * r.retentionDays, "bytes");

  const videoVectors = line(
    "video vectors",
    `${n(r.catalogueSize)} videos × ${r.retrievalDim} dimensions × ${r.bytesPerWeight} bytes`,
    r.catalogueSize * r.retrievalDim * r.bytesPerWeight,
    "bytes",
  );
  const links = line(
    "index links",
    `${n(r.catalogueSize)} videos × 2 × ${r.graphLinks} links × 4 bytes`,
    r.catalogueSize * 2 * r.graphLinks * 4,
    "bytes",
  );
  line(
    "retrieval index",
    `${n(videoVectors)} bytes of vectors + ${n(links)} bytes of links`,
    videoVectors + links,
    "bytes",
  );
  const rows = r.registeredUsers + r.catalogueSize;
  const table = line(
    "embedding tables",
    `(${n(r.registeredUsers)} users + ${n(r.catalogueSize)} videos) × ` +
      `(${r.retrievalDim} + ${r.rankerDim}) dimensions × ${r.bytesPerWeight} bytes`,
    rows * (r.retrievalDim + r.rankerDim) * r.bytesPerWeight,
    "bytes",
  );
  line("embedding tables in training", `${n(table)} bytes × 3 (weights and Adam's two moments)`, table * 3, "bytes");

  const scored = line(
    "candidates scored at peak",
    `${n(peak)} requests/s × ${n(r.ranked)} candidates`,
    peak * r.ranked,
    "candidates/s",
  );
  const flops = line(
    "ranker work at peak",
    `${n(scored)} candidates/s × ${n(r.rankerFlops)} operations`,
    scored * r.rankerFlops,
    "FLOP/s",
  );
  line(
    "ranker cores",
    `${n(flops)} FLOP/s ÷ (${n(r.coreFlops)} FLOP/s per core × ${n(r.coreUtilisation)} busy)`,
    Math.ceil(flops / (r.coreFlops * r.coreUtilisation)),
    "cores",
  );
  line(
    "time to rank one page on one core",
    `${n(r.ranked)} candidates × ${n(r.rankerFlops)} operations ÷ ${n(r.coreFlops)} FLOP/s`,
    ((r.ranked * r.rankerFlops) / r.coreFlops) * 1_000,
    "ms",
  );

  const budget = latencyBudget(r);
  for (const stage of stages)
    line(`latency: ${stage}`, `${n(r.latencyTargetMs)} ms × ${latencyPercent[stage]} %`, budget[stage], "ms");
  line(
    "latency: page, p99",
    stages.map((stage) => n(budget[stage])).join(" + "),
    stages.reduce((sum, stage) => sum + budget[stage], 0),
    "ms",
  );
  return lines;
}

/** A number for reading: thousands separated, at most three decimals. */
function n(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 1 ? 6 : value < 1_000 ? 3 : 0 });
}

function mustBePositive(requirements: Requirements, field: keyof Requirements): void {
  const value = requirements[field];
  if (!(typeof value === "number" && Number.isFinite(value) && value > 0))
    throw new RangeError(`invalid requirement: ${field}: ${String(value)}; allowed: a number above 0`);
}
