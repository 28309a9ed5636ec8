/** What one unit of a design costs and is worth, with how it was measured; and prices, with their date. The inputs of `design`. */

/** A number of the model. */
export interface UnitCost {
  readonly value: number;
  readonly unit: string;
  /** `measured` here; `formula` from measured or stated numbers; `assumed` by hand: measure it first. */
  readonly basis: "measured" | "formula" | "assumed";
  readonly how: string;
}

const measured = (value: number, unit: string, how: string): UnitCost => ({ value, unit, basis: "measured", how });
const formula = (value: number, unit: string, how: string): UnitCost => ({ value, unit, basis: "formula", how });
const assumed = (value: number, unit: string, how: string): UnitCost => ({ value, unit, basis: "assumed", how });
const shards = "two-shard run, 28 Nov 2026, busy machine of 2 cores (`what-if --measure`)";
const funnel = "`pipeline.measureLatency`, lesson, 1,000 candidates, 28 Nov 2026, idle machine of 2 cores";

/** Costs; times are CPU of one core. */
export const unitCosts = {
  indexBytes: measured(276, "bytes per video", `HNSW, f16, 64 dims, 16 links: ${shards}`),
  searchMs: measured(1.83, "ms", `500 nearest of 30,000, looking at 768: ${shards}`),
  searchDoublingMs: measured(
    0.18,
    "ms per doubling",
    `between 15,000 and 30,000 vectors; at 60,000 it was 4 % off: ${shards}`,
  ),
  buildSeconds: measured(
    7.8e-5,
    "CPU s per video at 30,000",
    `grows with log2 n; at 60,000 it was 10 % off: ${shards}`,
  ),
  tailSigma: assumed(0.35, "log-normal sigma", "spread of search times at one shard on a quiet machine"),
  flatMs: assumed(
    8,
    "ms per 100,000 videos",
    "int8, 64 dims, exact search, one core, in a browser: 5 to 10 ms are published for this method",
  ),
  flatBytes: formula(104, "bytes per video", "64 int8 dims + 40 bytes of features and title"),
  rowMs: measured(0.3, "ms per 1,000 candidates", `feature rows in process, ${funnel}`),
  remoteMs: assumed(3, "ms", "p99 of one batched read from a store over the network"),
  remoteCpuMs: assumed(0.6, "ms", "sending and parsing that read"),
  overheadMs: assumed(4, "ms", "gateway, parsing, logging"),
  rerankMs: measured(0.12, "ms", `re-ranking by MMR and exploration, ${funnel}`),
  lookupMs: assumed(2, "ms", "p99 of reading a stored list by user"),
  candidateLoss: assumed(
    0.005,
    "of watch minutes per halving and tenfold",
    "arms with 25 to 400 of 8,000 videos did not differ; that more videos need more candidates is not measured",
  ),
  utilisation: assumed(0.5, "share", "of a core at peak, so that queues stay short and half of the machines may fail"),
  userBytes: formula(600, "bytes per user", "64 + 16 dims × 4 bytes + 40 counts of 7 bytes"),
  eventBytes: assumed(40, "bytes", "an impression with its outcome, compressed columns"),
  trainSeconds: assumed(
    3e-5,
    "CPU s per row and pass",
    "DCN-v2 at about 40,000 rows per CPU second: `stagecraft bench models` measures it",
  ),
} as const satisfies Readonly<Record<string, UnitCost>>;

/** Prices are inputs: change them. Round figures in the range of public list prices of large clouds, without discounts. */
export const prices = {
  date: "2026-11-28",
  coreMonth: 25, // dollars
  memoryGbMonth: 3,
  storageGbMonth: 0.02,
  transferGb: 0.05,
} as const;
export type Prices = { readonly [K in keyof typeof prices]: K extends "date" ? string : number };

/** A ranker: what 1,000 candidates cost without their rows, and watch minutes relative to DCN-v2 in the same funnel. */
export interface RankerOption {
  readonly name: string;
  readonly cost: UnitCost;
  readonly worth: UnitCost;
}

const ladder = "arms at `small`, seeds 7 and 11, before the world's last change of constants (README); DCN-v2 is 1";
/** From the dearest down. */
export const rankers: readonly RankerOption[] = [
  {
    name: "multi-task",
    cost: formula(40, "ms per 1,000 candidates", "200,000 FLOP per candidate ÷ 5e9 FLOP/s per core"),
    worth: measured(1.03, "× watch minutes", ladder),
  },
  {
    name: "DCN-v2",
    cost: formula(
      20,
      "ms per 1,000 candidates",
      "100,000 FLOP per candidate ÷ 5e9 FLOP/s per core; ours is smaller: 2.4 ms measured",
    ),
    worth: measured(1, "× watch minutes", ladder),
  },
  {
    name: "trees",
    cost: formula(2.5, "ms per 1,000 candidates", "500 trees × 8 levels × 0.6 ns"),
    worth: measured(0.93, "× watch minutes", ladder),
  },
  {
    name: "logistic regression",
    cost: measured(0.7, "ms per 1,000 candidates", "hashed, `stagecraft compare`, lesson, less its rows"),
    worth: measured(0.9, "× watch minutes", ladder),
  },
];
