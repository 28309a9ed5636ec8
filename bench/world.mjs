// Impressions per second of the simulated platform, beside Open Bandit Pipeline's synthetic bandit and RecSim's interest evolution, and how
// the cost grows with users, videos and days. A world's making is not in the rates (it is in the scaling table).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { moduleUrl, room } from "./built.mjs";
import { ratio, short, spread, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { users: 300, videos: 1_000, days: 2, obpRounds: 5_000, recsimSteps: 20 },
  tiny: { users: 10_000, videos: 20_000, days: 4, obpRounds: 300_000, recsimSteps: 1_000 },
  small: { users: 40_000, videos: 200_000, days: 7, obpRounds: 1_000_000, recsimSteps: 3_000 },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, workers, openPeer, signal, onProgress }) {
  const size = sizes[scale];
  const rooms = { world: await room("world"), platform: await room("platform"), serving: await room("serving"), log: await room("log") };
  const base = configOf(rooms, size);
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const peers = [];
  const notes = [];
  try {
    const ours = contendersOf(rooms, base, seed, workers, folder, signal);
    for (const peer of peerContenders(size, seed, base.slots)) {
      const opened = await openPeer(peer.script, peer.config);
      if (opened.fault) {
        notes.push(`no peer ${peer.name}: ${opened.fault}`);
        continue;
      }
      peers.push(opened);
      for (const mode of peer.modes) ours.push({ ...mode, peer: true, run: () => opened.ask(mode.mode) });
    }
    const measured = await takeTurns(ours, { repetitions, signal, onProgress });
    const tables = [await scaling(rooms, base, seed, Math.min(3, repetitions), signal, onProgress)];
    const [alone, platform, logging, whole, threaded] = measured;
    const ratios = [
      ...measured.filter(({ peer }) => peer).flatMap((peer) => [ratio(alone, peer), ratio(alone, peer, "cpu"), ratio(platform, peer), ratio(platform, peer, "cpu")]),
      ratio(platform, alone, "cpu"),
      ratio(logging, platform, "cpu"),
      ratio(whole, logging, "cpu"),
      ...(threaded && !threaded.peer ? [ratio(threaded, logging)] : []),
    ];
    notes.push(
      `world of ${base.users.toLocaleString("en")} users × ${base.videos.toLocaleString("en")} videos × ${base.days} days, ${base.slots} videos a page; making it is not in the rates`,
      "the peers do less for an impression: obp draws contexts, actions and binary rewards of independent rounds (nobody returns, nothing is watched); recsim plays one user at a time among 50 candidates",
    );
    return { title: "world: simulated impressions per second", size: { ...size, slots: base.slots }, measured, ratios, tables, notes, versions: Object.assign({}, ...peers.map(({ versions }) => versions)) };
  } finally {
    peers.forEach((peer) => peer.close());
    await rm(folder, { recursive: true, force: true });
  }
}

function configOf({ world }, { users, videos, days }) {
  return { ...world.defaults, users, videos, days, extraDays: 0, creators: Math.round(videos / 20) };
}

function contendersOf(rooms, config, seed, workers, folder, signal) {
  const { world: w, platform: p, serving: s, log } = rooms;
  const open = () => w.openWorld(config, seed);
  const uniform = (world) => s.createUniformPolicy({ catalogue: world.catalogue, seed, slots: config.slots });
  const logging = (world) => s.createLoggingPolicy({ catalogue: world.catalogue, seed, config: { slots: config.slots } });
  const here = (policyOf) => (world) => p.herePlayer(world, policyOf(world), "bench");
  const unit = "impressions";
  const play = (playerOf, onDay) => async () => playPlatform(p, open(), playerOf, config.days, onDay, signal);
  const list = [
    { name: "world alone", unit, includes: "the world's days and uniform pages; no log columns, no metrics", run: async () => playAlone(open(), uniform, config.days) },
    { name: "platform, uniform", unit, includes: "that, with the log's columns in memory and metrics per user-day", run: play(here(uniform)) },
    { name: "platform, logging", unit, includes: "the same under the logging policy (three samplers, exact propensities)", run: play(here(logging)) },
    {
      name: "platform, logging, Parquet", unit, includes: "the same, every day written to a zstd Parquet file",
      run: play(here(logging), ({ day, events }) => log.writeDay(folder, day, events)),
    },
  ];
  if (workers > 1) {
    const spec = { module: moduleUrl("experiments/logging-arm"), export: "create", config: { slots: config.slots } };
    list.push({
      name: `platform, logging, ${workers} workers`, unit, includes: `platform, logging on ${workers} worker threads; starting them is not in the rate`,
      run: play((world) => p.crewPlayer(world, spec, "bench", workers)),
    });
  }
  return list;
}

/** Steps 1–6 of the loop over all days. */
async function playPlatform({ runPlatform }, world, playerOf, days, onDay, signal) {
  const player = await playerOf(world);
  try {
    let work = 0;
    const stop = stopwatch();
    await runPlatform({
      world, arms: [{ name: "bench", player }], firstDay: 0, days, control: { signal },
      async onDay(closed) {
        work += closed.events.count;
        await onDay?.(closed);
      },
    });
    return { work, ...stop() };
  } finally {
    await player.close();
  }
}

/** Pages drawn and played, nothing kept. */
function playAlone(world, policyOf, days) {
  const policy = policyOf(world);
  let work = 0;
  const stop = stopwatch();
  for (let day = 0; day < days; day++) {
    world.openDay(day);
    policy.openDay(day, undefined);
    for (let shard = 0; shard < 64; shard++) {
      const shardDay = world.openShard(shard);
      for (let requests = shardDay.next(); requests !== undefined; requests = shardDay.next()) {
        const slates = policy.recommend(requests);
        shardDay.respond(slates);
        work += slates.video.length;
      }
    }
    world.closeDay();
  }
  return { work, ...stop() };
}

/** World alone with one size multiplied at a time; the rate, per CPU second, beside the base's in the same turn. */
async function scaling(rooms, base, seed, repetitions, signal, onProgress) {
  const { world: w, serving: s } = rooms;
  const variants = [
    ["base", base],
    ["users × 4", { ...base, users: base.users * 4 }],
    ["videos × 10", { ...base, videos: base.videos * 10, creators: base.creators * 10 }],
    ["days × 3", { ...base, days: base.days * 3 }],
  ];
  const making = variants.map(() => []);
  const contenders = variants.map(([name, config], v) => ({
    name, unit: "impressions", includes: "",
    run() {
      const began = performance.now();
      const world = w.openWorld(config, seed);
      making[v].push((performance.now() - began) / 1000);
      return playAlone(world, (one) => s.createUniformPolicy({ catalogue: one.catalogue, seed, slots: config.slots }), config.days);
    },
  }));
  const measured = await takeTurns(contenders, { repetitions, signal, onProgress: (done, total, name) => onProgress?.(done, total, `scaling: ${name}`) });
  const rows = measured.map((one, v) => {
    const { users, videos, days } = variants[v][1];
    const cpu = spread(one.samples.map((sample) => sample.cpuSeconds)).median;
    return [one.name, users.toLocaleString("en"), videos.toLocaleString("en"), String(days), one.work.toLocaleString("en"), short(cpu), short(one.cpuRate.median), short(ratio(one, measured[0], "cpu").ratio.median), short(spread(making[v]).median)];
  });
  return { title: "how cost grows (world alone; median)", rows: [["", "users", "videos", "days", "impressions", "CPU s", "impressions/CPU s", "× base rate", "making it, s"], ...rows] };
}

function peerContenders({ obpRounds, recsimSteps }, seed, slots) {
  const recsim = { unit: "impressions", includes: `interest evolution, ${slots} of 50 candidates, random policy` };
  return [
    {
      name: "obp", script: "obp_rounds.py", config: { seed: seed % 2 ** 31, rounds: obpRounds, actions: 10, dims: 5 },
      modes: [{ name: "obp synthetic bandit", mode: "run", unit: "impressions", includes: "rounds of SyntheticBanditDataset: 10 actions, 5 dims, logistic reward, linear logging policy (a round counts as an impression)" }],
    },
    {
      name: "recsim", script: "recsim_impressions.py", config: { seed: seed % 2 ** 31, steps: recsimSteps, candidates: 50, slots },
      modes: [
        { ...recsim, name: "recsim, new candidates a page", mode: "resampled", includes: `${recsim.includes}, drawn anew for every page (its tutorials' setting)` },
        { ...recsim, name: "recsim, fixed candidates", mode: "fixed", includes: `${recsim.includes}, always the same` },
      ],
    },
  ];
}
