// Off-policy estimates beside Open Bandit Pipeline on the same rounds: IPS and DR. The values must agree to 1e-9, or the bench fails.
// The peer takes dense tables, every action of every round; so do we in two contenders. A log has no need of them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { totalmem, tmpdir } from "node:os";
import path from "node:path";
import { room } from "./built.mjs";
import { ratio, short, stopwatch, takeTurns } from "./harness.mjs";

const sizes = {
  smoke: { rounds: 20_000, actions: 20, contexts: 200, manyActions: 100 },
  tiny: { rounds: 1_000_000, actions: 100, contexts: 10_000, manyActions: 1_000 },
};

/** @param {import("./run.mjs").BenchContext} context */
export async function bench({ scale, seed, repetitions, openPeer, signal, onProgress }) {
  const size = sizes[scale] ?? sizes.tiny;
  const evaluation = await room("evaluation");
  const random = await room("random");
  const log = roundsOf(random, size, seed);
  const dense = denseOf(log);
  const many = roundsOf(random, { ...size, actions: size.manyActions, contexts: size.contexts / 2 }, seed);
  const values = {};
  const unit = "rounds";
  const timed = (key, name, includes, estimate, times = 1) => ({
    name,
    unit,
    includes,
    run: () => {
      const stop = stopwatch();
      for (let time = 0; time < times; time++) values[key] = evaluation.valueOf(estimate());
      return { work: times * size.rounds, ...stop() };
    },
  });
  const ips = (rounds) => evaluation.ips(evaluation.actionWeights(rounds));
  const dr = (tables) => {
    const read = evaluation.actionsFromTables(tables);
    return evaluation.doublyRobust(evaluation.actionWeights(read), read.model);
  };
  const { model: _, ...targets } = dense;
  const { model: __, ...columns } = evaluation.actionsFromTables(log); // IPS has no model
  const count = (n) => n.toLocaleString("en");
  const contenders = [
    timed(
      "ips",
      "IPS",
      "of each round the two probabilities of its action, as in a log: checks, weights, the mean; ten times over",
      () => ips(columns),
      10,
    ),
    timed(
      "dr",
      "DR",
      `tables of ${count(size.contexts)} contexts, which rounds share: checks, expectations, weights, the mean`,
      () => dr(log),
    ),
    timed(
      "ips-dense",
      "IPS, dense",
      "a table row for each round, as the peer: sums of all rows checked, and the same",
      () => ips(evaluation.actionsFromTables(targets)),
    ),
    timed("dr-dense", "DR, dense", "a row for each round in two tables, as the peer: the same", () => dr(dense)),
    timed(
      "dr-many",
      `DR, ${count(many.actions)} actions`,
      `tables of ${count(size.contexts / 2)} contexts; dense they would be ${gibibytes(16 * size.rounds * many.actions)}`,
      () => dr(many),
    ),
  ];
  const notes = [];
  const folder = await mkdtemp(path.join(tmpdir(), "stagecraft-bench-"));
  let peer = {};
  try {
    const file = path.join(folder, "rounds.bin");
    const { target, model, logging, reward, context, action } = log;
    await writeFile(
      file,
      Buffer.concat([target, model, logging, reward, context, action].map(({ buffer }) => Buffer.from(buffer))),
    );
    peer = await openPeer("obp_estimates.py", { ...size, file });
    let peakBytes = 0;
    if (peer.fault) notes.push(`no peer Open Bandit Pipeline: ${peer.fault}`);
    else {
      const ask = (mode) => async () => {
        const sample = await peer.ask(mode);
        for (const key of [mode, `${mode}-dense`])
          if (!(Math.abs(sample.value - values[key]) <= 1e-9))
            throw new Error(`${key}: obp says ${sample.value}, we ${values[key]}; allowed: 1e-9 apart`);
        peakBytes = Math.max(peakBytes, sample.peakBytes);
        return sample;
      };
      const made = "making the tables is not in the time";
      contenders.push(
        { name: "obp IPS", peer: true, unit, includes: `InverseProbabilityWeighting; ${made}`, run: ask("ips") },
        { name: "obp DR", peer: true, unit, includes: `DoublyRobust; ${made}`, run: ask("dr") },
      );
    }
    const measured = await takeTurns(contenders, { repetitions, signal, onProgress });
    const of = (name) => measured.find((one) => one.name === name);
    const pairs = peer.fault
      ? []
      : ["IPS", "DR", "IPS, dense", "DR, dense"].map((name) => [of(name), of(`obp ${name.split(",")[0]}`)]);
    if (!peer.fault) {
      const bytes = peakBytes / (size.rounds * size.actions);
      notes.push(
        `IPS ${values.ips} and DR ${values.dr}: equal to obp's to 1e-9, from columns, shared tables and dense ones`,
        `the peer's dense limit: it takes ${gibibytes(peakBytes)} at ${size.actions} actions, ${short(bytes)} bytes for each round and ` +
          `action, so ${size.rounds.toLocaleString("en")} rounds of ${many.actions.toLocaleString("en")} actions would take ` +
          `${gibibytes(bytes * size.rounds * many.actions)}; this machine has ${gibibytes(totalmem())}, enough for about ` +
          `${short(Math.floor(totalmem() / bytes / size.rounds))} actions`,
      );
    }
    return {
      title: "evaluation: off-policy rounds per second",
      size,
      measured,
      ratios: pairs.flatMap(([a, b]) => [ratio(a, b), ratio(a, b, "cpu")]),
      notes,
      versions: peer.versions ?? {},
    };
  } finally {
    peer.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rounds of a logging policy and a target that differ, in contexts that come again. */
function roundsOf({ keyOf, uniform }, { rounds, actions, contexts }, seed) {
  const key = keyOf(seed, "bench/evaluation");
  const tables = [0, 1, 2].map((what) => new Float64Array(contexts * actions).map((_, i) => uniform(key, i, what)));
  const [policy, target, model] = tables;
  for (const table of [policy, target])
    for (let from = 0; from < table.length; from += actions) {
      const row = table.subarray(from, from + actions);
      const sum = row.reduce((total, w) => total + w, 0);
      row.forEach((w, a) => (row[a] = w / sum));
    }
  const log = {
    actions,
    user: new Int32Array(rounds).map((_, i) => i),
    context: new Int32Array(rounds).map((_, i) => Math.floor(uniform(key, i, 3) * contexts)),
    action: new Int32Array(rounds),
    logging: new Float64Array(rounds),
    reward: new Float64Array(rounds),
    target,
    model,
  };
  for (let i = 0; i < rounds; i++) {
    const from = log.context[i] * actions;
    let left = uniform(key, i, 4);
    let a = 0;
    while (a < actions - 1 && left > policy[from + a]) left -= policy[from + a++];
    log.action[i] = a;
    log.logging[i] = policy[from + a];
    log.reward[i] = uniform(key, i, 5) < 0.1 + 0.3 * model[from + a] ? 1 : 0;
  }
  return log;
}

/** A row of the tables for each round. */
function denseOf({ context, ...log }) {
  const spread = (table) => {
    const dense = new Float64Array(context.length * log.actions);
    context.forEach((from, i) =>
      dense.set(table.subarray(from * log.actions, (from + 1) * log.actions), i * log.actions),
    );
    return dense;
  };
  return { ...log, target: spread(log.target), model: spread(log.model) };
}

function gibibytes(bytes) {
  return `${short(bytes / 2 ** 30)} GiB`;
}
