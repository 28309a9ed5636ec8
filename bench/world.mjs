// Impressions per second of the simulated platform, all behaviours on, beside Open Bandit Pipeline's synthetic bandit and RecSim's interest
// evolution in the same run; what a user and a video take in memory; how the cost grows. A world's making is not in the rates (it is in
// the table).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { moduleUrl, room } from "./built.mjs";
import { ratio, short, spread, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { users: 300, videos: 1_000, days: 2, obpRounds: 5_000, recsimSteps: 20 },
  tiny: { users: 10_000, videos: 20_000, days: 4, obpRounds: 300_000, recsimSteps: 1_000 },
  small: { users: 40_000, videos: 200_000, days: 7, obpRounds: 1_000_000, recsimSteps: 3_000 },
  large: { users: 100_000, videos: 1_000_000, days: 2, obpRounds: 1_000_000, recsimSteps: 3_000 },
};

/** The scale of this bench where none is asked for. */
export const scale = "large";

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, workers, openPeer, signal, onProgress }) {
  const size = sizes[scale];
  const rooms = {
    world: await room("world"),
    platform: await room("platform/index"),
    serving: await room("serving"),
    log: await room("log"),
    pipeline: await room("pipeline"),
    loggingArm: await room("pipeline/logging-arm"),
  };
  const base = configOf(rooms, size);
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  const peers = [];
  const notes = [];
  try {
    const ours = contendersOf(rooms, base, seed, workers, folder, signal);
    const contenders = [...ours];
    for (const peer of peerContenders(size, seed, base.slots)) {
      const opened = await openPeer(peer.script, peer.config);
      if (opened.fault) {
        notes.push(`no peer ${peer.name}: ${opened.fault}`);
        continue;
      }
      peers.push(opened);
      for (const mode of peer.modes) contenders.push({ ...mode, peer: true, run: () => opened.ask(mode.mode) });
    }
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const of = (name) => measured.find((one) => one.name === name);
    const [alone, written] = [of("world alone"), of("uniform, Parquet")];
    const crew = (name) => of(`${name}, ${workers} workers`);
    const threaded = ["uniform", "uniform, Parquet", "logging, Parquet"].filter((name) => crew(name));
    const ratios = [
      ...measured
        .filter(({ peer }) => peer)
        .flatMap((peer) => [
          ratio(alone, peer),
          ratio(alone, peer, "cpu"),
          ratio(written, peer),
          ratio(written, peer, "cpu"),
        ]),
      ratio(of("uniform"), alone, "cpu"),
      ratio(written, of("uniform"), "cpu"),
      ratio(of("logging, Parquet"), written, "cpu"),
      ...threaded.flatMap((name) => [ratio(crew(name), of(name)), ratio(crew(name), of(name), "cpu")]),
    ];
    ours.forEach(({ forget }) => forget?.());
    const tables = [
      memory(rooms, base, seed),
      await scaling(rooms, scalingBase(rooms, size), seed, Math.min(3, repetitions), signal, onProgress),
    ];
    notes.push(
      `world of ${base.users.toLocaleString("en")} users × ${base.videos.toLocaleString("en")} videos × ` +
        `${base.days} days, ${base.slots} videos per page, all behaviours on; making it is not in the rates`,
      "the rate per CPU second counts the CPU time of all threads: it is what one core gives, whatever else the machine does",
      "the peers do less for an impression: obp draws contexts, actions and binary rewards of independent " +
        "rounds (nobody returns, nothing is watched); recsim plays one user at a time among 50 candidates",
    );
    return {
      title: "world: simulated impressions per second",
      size: { ...size, slots: base.slots },
      measured,
      ratios,
      tables,
      notes,
      versions: Object.assign({}, ...peers.map(({ versions }) => versions)),
    };
  } finally {
    peers.forEach((peer) => peer.close());
    await rm(folder, { recursive: true, force: true });
  }
}

function configOf({ world }, { users, videos, days }) {
  return {
    ...(world.everything ?? world.defaults),
    users,
    videos,
    days,
    extraDays: 0,
    creators: Math.round(videos / 20),
  };
}

/** From where sizes are multiplied: the largest of them is the bench's own. */
function scalingBase(rooms, size) {
  return configOf(rooms, size.users < 100_000 ? size : { ...size, users: size.users / 4, videos: size.videos / 10 });
}

function contendersOf(rooms, config, seed, workers, folder, signal) {
  const { world: w, platform: p, serving: s, log } = rooms;
  // One world for all: it is put back to its first morning before each turn.
  let held;
  const morning = () => {
    if (held === undefined) {
      const world = w.openWorld(config, seed);
      held = { world, start: world.snapshot() };
    }
    held.world.restore(held.start);
    return held.world;
  };
  const uniform = (world) => s.createUniformPolicy({ catalogue: world.catalogue, seed, slots: config.slots });
  const loggingArm = { logging: { slots: config.slots }, ads: rooms.pipeline.adDefaults };
  const logging = (world) => rooms.loggingArm.policy(loggingArm, { catalogue: world.catalogue, seed, name: "logging" });
  const here = (policyOf) => (world) => p.herePlayer(world, policyOf(world), "bench");
  const crew = (module, arm) => (world) => p.crewPlayer(world, { module, config: arm }, "bench", workers);
  const uniformCrew = crew(pathToFileURL(path.join(import.meta.dirname, "uniform-arm.mjs")).href, {
    slots: config.slots,
  });
  const loggingCrew = crew(moduleUrl("pipeline/logging-arm"), loggingArm);
  const unit = "impressions";
  const play = (playerOf, write) => () =>
    playPlatform(
      rooms,
      morning(),
      playerOf,
      config.days,
      write && ((day, events) => log.writeDay(folder, day, events)),
      signal,
    );
  const list = [
    {
      name: "world alone",
      unit,
      includes: "the world's days and uniform pages on one thread; nothing is kept",
      run: async () => playAlone(morning(), uniform(held.world), config.days),
    },
    { name: "uniform", unit, includes: "that, with the log's columns in memory", run: play(here(uniform)) },
    {
      name: "uniform, Parquet",
      unit,
      includes: "that, every day checked and written to a zstd Parquet file while the next is played",
      run: play(here(uniform), true),
    },
    {
      name: "logging, Parquet",
      unit,
      includes:
        "the same under the logging policy (three samplers, exact propensities, an auction where the world has campaigns)",
      run: play(here(logging), true),
    },
  ];
  if (workers > 1) {
    const includes = `on ${workers} worker threads; starting them is not in the rate, compiling their code is`;
    list.push(
      { name: `uniform, ${workers} workers`, unit, includes: `uniform, ${includes}`, run: play(uniformCrew) },
      {
        name: `uniform, Parquet, ${workers} workers`,
        unit,
        includes: `uniform, Parquet, ${includes}`,
        run: play(uniformCrew, true),
      },
      {
        name: `logging, Parquet, ${workers} workers`,
        unit,
        includes: `logging, Parquet, ${includes}`,
        run: play(loggingCrew, true),
      },
    );
  }
  list[0].forget = () => (held = undefined);
  return list;
}

/** The loop over all days; a day is written behind the next, as `simulate` does it. */
async function playPlatform({ platform, log }, world, playerOf, days, write, signal) {
  const player = await playerOf(world);
  const writing = log.workBehind();
  try {
    let work = 0;
    const stop = stopwatch();
    await platform.runPlatform({
      world,
      arms: [{ name: "bench", player }],
      firstDay: 0,
      days,
      control: { signal },
      metrics: false,
      async onDay({ day, events }) {
        work += events.count;
        if (write) await writing.begin(async () => void (await write(day, events)));
      },
    });
    await writing.end();
    return { work, ...stop() };
  } finally {
    await writing.settle();
    await player.close();
  }
}

/** Pages drawn and played, nothing kept. */
function playAlone(world, policy, days) {
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

/** Bytes of the world's memory that one more user and one more video take: the difference of two worlds. */
function memory({ world: w }, config, seed) {
  const small = { ...config, users: 2_000, videos: 2_000, creators: 100 };
  const bytes = (change) => {
    const world = w.openWorld({ ...small, ...change }, seed);
    const { fixed, mutable } = world.share().buffers;
    const sum = (buffers) => buffers.reduce((all, { byteLength }) => all + byteLength, 0);
    return {
      fixed: sum(fixed),
      mutable: sum(mutable),
      users: world.catalogue.users.count,
      videos: world.catalogue.videos.count,
    };
  };
  const base = bytes({});
  const rows = [
    ["users", bytes({ users: 4_000 })],
    ["videos", bytes({ videos: 4_000 })],
  ].map(([name, more]) => {
    const per = (kind) => (more[kind] - base[kind]) / (more[name] - base[name]);
    return [`a ${name.slice(0, -1)}`, short(per("fixed")), short(per("mutable")), short(per("fixed") + per("mutable"))];
  });
  return {
    title: "memory of the world, bytes",
    rows: [["", "fixed", "changed by days (and in a checkpoint)", "together"], ...rows],
  };
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
    name,
    unit: "impressions",
    includes: "",
    run() {
      const began = performance.now();
      const world = w.openWorld(config, seed);
      making[v].push((performance.now() - began) / 1000);
      return playAlone(
        world,
        s.createUniformPolicy({ catalogue: world.catalogue, seed, slots: config.slots }),
        config.days,
      );
    },
  }));
  const measured = await takeTurns(contenders, {
    repetitions,
    signal,
    onProgress: (done, total, name) => onProgress?.(done, total, `scaling: ${name}`),
  });
  const rows = measured.map((one, v) => {
    const { users, videos, days } = variants[v][1];
    const cpu = spread(one.samples.map((sample) => sample.cpuSeconds)).median;
    return [
      one.name,
      users.toLocaleString("en"),
      videos.toLocaleString("en"),
      String(days),
      one.work.toLocaleString("en"),
      short(cpu),
      short(one.cpuRate.median),
      short(ratio(one, measured[0], "cpu").ratio.median),
      short(spread(making[v]).median),
    ];
  });
  return {
    title: "how cost grows (world alone; median)",
    rows: [
      ["", "users", "videos", "days", "impressions", "CPU s", "impressions/CPU s", "× base rate", "making it, s"],
      ...rows,
    ],
  };
}

function peerContenders({ obpRounds, recsimSteps }, seed, slots) {
  const recsim = { unit: "impressions", includes: `interest evolution, ${slots} of 50 candidates, random policy` };
  return [
    {
      name: "obp",
      script: "obp_rounds.py",
      config: { seed: seed % 2 ** 31, rounds: obpRounds, actions: 10, dims: 5 },
      modes: [
        {
          name: "obp synthetic bandit",
          mode: "run",
          unit: "impressions",
          includes:
            "rounds of SyntheticBanditDataset: 10 actions, 5 dims, logistic reward, linear logging policy (a " +
            "round counts as an impression)",
        },
      ],
    },
    {
      name: "recsim",
      script: "recsim_impressions.py",
      config: { seed: seed % 2 ** 31, steps: recsimSteps, candidates: 50, slots },
      modes: [
        {
          ...recsim,
          name: "recsim, new candidates per page",
          mode: "resampled",
          includes: `${recsim.includes}, drawn anew for every page (its tutorials' setting)`,
        },
        { ...recsim, name: "recsim, fixed candidates", mode: "fixed", includes: `${recsim.includes}, always the same` },
      ],
    },
  ];
}
