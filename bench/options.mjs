// The words of `stagecraft bench`. Wrong use is told at once: the fault, the value, what is allowed.
import path from "node:path";
import { parseArgs } from "node:util";
import { root } from "../scripts/setup/paths.mjs";

/** Wrong use: exit code 2. */
export class UsageError extends Error {}

export const benches = ["world", "two-tower", "funnel"];
export const benchScales = ["smoke", "tiny", "small"];

export const help = `Usage: stagecraft bench [${benches.join("|")}…] [options]

Benchmarks beside peers from PyPI, in one run and in turns. Without a name: all of them.

  world       impressions/s of the simulated platform, beside Open Bandit Pipeline and RecSim; how cost grows
  two-tower   training examples/s, beside TensorFlow in Python
  funnel      latency of one request, beside the same stages in Python on the same model files

Options:
  --scale ${benchScales.join("|")}  tiny: all benches in about 5 minutes; smoke: do they run? [tiny]
  --seed <integer>        of worlds and models                                     [42]
  --repetitions <integer> measured turns of all contenders, 1 to 100                 [5]
  --workers <integer>     threads of the world's parallel contender, 1 to 64           [2]
  --out <folder>          where bench/<id>/ goes                             [results]
  --json                  one JSON document on stdout; progress on stderr
  --no-peers              ours alone: no Python, no set-up of the peers
  --help`;

/** Reads the words after `bench`. @throws UsageError */
export function options(words) {
  const known = {
    scale: { type: "string", default: "tiny" },
    seed: { type: "string", default: "42" },
    repetitions: { type: "string", default: "5" },
    workers: { type: "string", default: "2" },
    out: { type: "string", default: path.join(root, "results") },
    json: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  };
  let parsed;
  try {
    parsed = parseArgs({ args: words, options: known, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error.message.split(". ")[0]}; known: ${Object.keys(known).map((name) => `--${name}`).join(", ")}`, { cause: error });
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find((name) => !benches.includes(name));
  if (unknown !== undefined) throw new UsageError(`unknown bench: ${unknown}; known: ${benches.join(", ")}`);
  if (!benchScales.includes(values.scale)) throw new UsageError(`unknown --scale: ${values.scale}; allowed: ${benchScales.join(", ")}`);
  if (values.out === "") throw new UsageError("--out is empty; allowed: a folder");
  return {
    names: positionals.length === 0 ? benches : benches.filter((name) => positionals.includes(name)),
    scale: values.scale,
    seed: whole("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    repetitions: whole("--repetitions", values.repetitions, 1, 100),
    workers: whole("--workers", values.workers, 1, 64),
    out: path.resolve(values.out),
    json: values.json,
    peers: !values["no-peers"],
    help: values.help,
  };
}

function whole(name, text, least, most) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`invalid ${name}: ${text}; allowed: a whole number, ${most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`}`);
  }
  return value;
}
