/** A plan: one option for each part that costs or delays something, and what it then takes. Every number has its formula, and a basis. */
import type { Needs } from "./needs.js";
import { prices as standardPrices, rankers, unitCosts as unit, type Prices, type UnitCost } from "./unit-costs.js";
import { worthOf } from "./worth.js";

/** The parts that are enumerated; the others follow from them and the needs (parts.ts). */
export interface Plan {
  readonly serving: "online" | "batch" | "edge";
  readonly ranker: string; // of `rankers`, or "none": lists of what is popular
  readonly candidates: number; // that reach the ranker
  readonly store: "remote" | "in process"; // where features of users are read
}

/** One number of a plan. */
export interface PlanLine {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly formula: string; // with the numbers in it
  readonly basis: UnitCost["basis"]; // the weakest of its inputs
}

/** A plan under needs. */
export interface Judged {
  readonly plan: Plan;
  readonly lines: readonly PlanLine[];
  readonly watch: number; // minutes relative to DCN-v2 with 200 candidates, online, for known users
  readonly latencyMs: number; // p99
  readonly dollars: number; // per month
  readonly shards: number;
  readonly cores: number;
  readonly deviceMegabytes: number; // 0 unless on the edge
  /** Limits that it breaks, in words; empty: it fits. */
  readonly breaks: readonly string[];
}

/** Videos in the bundle of a device: the most watched of its language and region; assumed to be enough, and not measured. */
export const edgeVideos = 100_000;
/** Videos that a shard holds: 48 GB of a machine with 64. */
const shardVideos = Math.floor(48e9 / unit.indexBytes.value);
const candidateCounts = [400, 200, 100, 50, 25] as const;

/** All plans that the needs allow at all. */
export function plansFor({ device }: Needs): readonly Plan[] {
  const ranked = [...rankers.map(({ name }) => name)].flatMap((ranker) =>
    candidateCounts.map((candidates) => ({ ranker, candidates })),
  );
  const lists = { ranker: "none", candidates: 0, store: "in process" as const };
  if (device === "offline")
    return [
      ...ranked.map((one) => ({ ...one, serving: "edge" as const, store: "in process" as const })),
      { ...lists, serving: "edge" },
    ];
  return [
    ...ranked.flatMap((one) => [
      { ...one, serving: "online" as const, store: "remote" as const },
      { ...one, serving: "online" as const, store: "in process" as const },
      { ...one, serving: "batch" as const, store: "in process" as const },
    ]),
    { ...lists, serving: "online" },
  ];
}

/** What a plan takes and gives under needs. */
export function judgePlan(plan: Plan, needs: Needs, prices: Prices = standardPrices): Judged {
  const lines: PlanLine[] = [];
  const add = (name: string, value: number, units: string, formula: string, ...of: readonly UnitCost[]): number => {
    const basis = (["assumed", "formula"] as const).find((one) => of.some((cost) => cost.basis === one)) ?? "measured";
    lines.push({ name, value, unit: units, formula, basis });
    return value;
  };
  const { serving, candidates } = plan;
  const ranker = rankers.find(({ name }) => name === plan.ranker);
  const { requestsPerSecond: peak, videos } = needs;
  const mean = add("mean request rate", peak / 3, "requests/s", `${n(peak)} requests/s at peak ÷ 3`);
  const users = add("users of a day", (mean * 86_400) / 10, "users", `${n(mean)} requests/s × 86,400 s ÷ 10 pages`);
  const held = serving === "edge" ? Math.min(videos, edgeVideos) : videos;

  // retrieval
  const shards =
    serving === "edge" || !ranker
      ? 1
      : add(
          "shards of the index",
          Math.ceil(held / shardVideos),
          "shards",
          `${n(held)} videos ÷ ${n(shardVideos)} in 48 GB`,
          unit.indexBytes,
        );
  const perShard = held / shards;
  const flat = (held / 1e5) * unit.flatMs.value;
  const graph = Math.max(0.2, unit.searchMs.value + unit.searchDoublingMs.value * Math.log2(perShard / 30_000));
  const searchMs = !ranker
    ? 0
    : serving === "edge"
      ? add("exact search", flat, "ms", `${n(held)} videos × ${unit.flatMs.value} ms ÷ 100,000`, unit.flatMs)
      : add(
          "search of one shard",
          graph,
          "ms",
          `${unit.searchMs.value} + ${unit.searchDoublingMs.value} × log2(${n(perShard)} ÷ 30,000)`,
          unit.searchMs,
        );
  const tail = Math.exp(unit.tailSigma.value * normalQuantile(0.99 ** (1 / shards)));
  const searchTail =
    !ranker || serving === "edge"
      ? searchMs
      : add(
          "search, p99 of the slowest shard",
          searchMs * tail,
          "ms",
          `${n(searchMs)} ms × e^(${unit.tailSigma.value} × z of .99^(1/${shards}))`,
          unit.tailSigma,
        );

  // ranking
  const perThousand = (ranker?.cost.value ?? 0) + unit.rowMs.value;
  const rankMs = ranker
    ? add(
        "ranking a page",
        (candidates / 1000) * perThousand,
        "ms",
        `${candidates} candidates × (${ranker.cost.value} + ${unit.rowMs.value}) ms ÷ 1,000`,
        ranker.cost,
        unit.rowMs,
      )
    : 0;
  const wait = 1 / (1 - unit.utilisation.value);
  const remote = plan.store === "remote" ? unit.remoteMs.value : 0;
  const compute = searchTail + rankMs * (serving === "edge" ? 2 : wait) + unit.rerankMs.value;
  const latencyMs =
    serving === "batch"
      ? add(
          "page, p99",
          unit.lookupMs.value + unit.overheadMs.value,
          "ms",
          `${unit.lookupMs.value} ms look-up + ${unit.overheadMs.value} ms overhead`,
          unit.lookupMs,
        )
      : serving === "edge"
        ? add(
            "page, p99",
            compute,
            "ms",
            `${n(searchMs)} search + 2 × ${n(rankMs)} ranking (a phone's core) + ${unit.rerankMs.value}`,
            unit.flatMs,
          )
        : add(
            "page, p99",
            unit.overheadMs.value + remote + compute,
            "ms",
            `${unit.overheadMs.value} overhead + ${remote} store + ${n(searchTail)} search + ` +
              `${n(rankMs)} ÷ (1 − ${unit.utilisation.value}) ranking + ${unit.rerankMs.value} re-ranking`,
            unit.overheadMs,
          );

  // machines and money
  const pageMs =
    shards * searchMs + rankMs + unit.rerankMs.value + (plan.store === "remote" ? unit.remoteCpuMs.value : 0);
  const served = serving === "edge" ? 0 : serving === "batch" ? 0.2 : pageMs + 0.5;
  const online = add(
    "cores that serve",
    Math.max(serving === "edge" ? 0 : 2, Math.ceil((peak * served) / 1000 / unit.utilisation.value)),
    "cores",
    `${n(peak)} requests/s × ${n(served)} ms ÷ ${unit.utilisation.value} busy, at least 2`,
    unit.utilisation,
  );
  const nightly =
    serving === "batch"
      ? add(
          "cores of the nightly batch",
          Math.ceil((users * 3 * pageMs) / 1000 / 21_600),
          "cores",
          `${n(users * 3)} users of the last days × ${n(pageMs)} ms ÷ 6 h`,
          unit.searchMs,
        )
      : 0;
  const rows = mean * 86_400 * 10;
  const training = ranker
    ? add(
        "cores that train",
        Math.max(
          1,
          Math.ceil(
            (rows * 0.1 * 2 * unit.trainSeconds.value * (ranker.cost.value / 20) +
              (shards * unit.buildSeconds.value * perShard * Math.log2(perShard)) / 15) /
              21_600,
          ),
        ),
        "cores",
        `(${n(rows)} rows a day, a tenth kept × 2 passes × ${unit.trainSeconds.value} s + building the index) ÷ 6 h`,
        unit.trainSeconds,
      )
    : 1;
  const indexGb = ranker && serving !== "edge" ? (videos * unit.indexBytes.value) / 1e9 : 0;
  const copies = serving === "batch" ? 1 : 2 + Math.floor(online / 400);
  const userGb = needs.historyDays > 0 && serving !== "edge" ? (users * 3 * unit.userBytes.value) / 1e9 : 0;
  const storeCopies = plan.store === "in process" && serving === "online" ? 2 : 1; // users are routed to one of two
  const memory = add(
    "memory",
    Math.max(4, indexGb * copies + userGb * storeCopies + (serving === "batch" ? (users * 3 * 400) / 1e9 : 0)),
    "GB",
    `${n(indexGb)} GB index × ${copies} + ${n(userGb)} GB of users × ${storeCopies}` +
      `${serving === "batch" ? " + lists of 400 bytes" : ""}, at least 4`,
    unit.indexBytes,
    unit.userBytes,
  );
  const log =
    serving === "edge"
      ? 0
      : add(
          "log kept",
          (rows * unit.eventBytes.value * Math.max(7, needs.historyDays)) / 1e9,
          "GB",
          `${n(rows)} impressions a day × ${unit.eventBytes.value} bytes × ${Math.max(7, needs.historyDays)} days`,
          unit.eventBytes,
        );
  const bundle =
    serving === "edge"
      ? add(
          "bundle on the device",
          (held * unit.flatBytes.value) / 1e6 + 0.5,
          "MB",
          `${n(held)} videos × ${unit.flatBytes.value} bytes + 0.5 MB of models`,
          unit.flatBytes,
        )
      : 0;
  const transfer =
    serving === "edge"
      ? add(
          "transfer",
          (users * 4 * bundle * 0.05) / 1000,
          "GB/month",
          `${n(users)} users × 4 weeks × 5 % of ${n(bundle)} MB that changed`,
          unit.flatBytes,
        )
      : 0;
  const cores = online + nightly + training;
  const dollars = add(
    "money",
    cores * prices.coreMonth +
      memory * prices.memoryGbMonth +
      log * prices.storageGbMonth +
      transfer * prices.transferGb,
    "$/month",
    `${cores} cores × ${prices.coreMonth} $ + ${n(memory)} GB × ${prices.memoryGbMonth} $ + ${n(log)} GB of log × ` +
      `${prices.storageGbMonth} $ + ${n(transfer)} GB × ${prices.transferGb} $, prices of ${prices.date}`,
  );

  const known = needs.historyDays > 0 || serving === "edge" ? 1 - needs.newcomers : 0; // on a device the past stays there
  const spread = Math.max(0, Math.log10(held / 8_000)) * Math.log2(400 / Math.max(25, candidates));
  const reached = ranker
    ? add(
        "good videos reached",
        1 - unit.candidateLoss.value * spread,
        "×",
        `1 − ${unit.candidateLoss.value} × log10(${n(held)} ÷ 8,000) × log2(400 ÷ ${candidates})`,
        unit.candidateLoss,
      )
    : 1;
  const personal = (ranker?.worth.value ?? 0) * reached * (serving === "online" ? 1 : worthOf("batch, once a day"));
  const popular = worthOf("popularity by segment");
  const value = ranker ? known * personal + (1 - known) * popular : popular;
  const watch = add(
    "watch minutes, relative",
    value,
    "×",
    `${n(known)} known × ${n(personal)} + ${n(1 - known)} × ${n(popular)} for those shown what is popular`,
    { value, unit: "", basis: "measured", how: "" },
  );
  const breaks = [
    ...(latencyMs > needs.latencyMs ? [`p99 ${n(latencyMs)} ms; allowed: ${n(needs.latencyMs)} ms`] : []),
    ...(dollars > needs.monthlyDollars ? [`${n(dollars)} $ per month; allowed: ${n(needs.monthlyDollars)} $`] : []),
    ...(needs.device === "offline" && serving !== "edge" ? ["needs a network; allowed: none"] : []),
  ];
  return { plan, lines, watch, latencyMs, dollars, shards, cores, deviceMegabytes: bundle, breaks };
}

/** A number for reading. */
export function n(value: number): string {
  return digits[value >= 100 ? 0 : value >= 1 ? 1 : 2]!.format(value);
}

const digits = [0, 1, 3].map((most) => new Intl.NumberFormat("en-US", { maximumFractionDigits: most }));

/** z of a share, for shares from .5 up (Abramowitz and Stegun 26.2.23; error below 5e-4). */
function normalQuantile(share: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - share));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
}
