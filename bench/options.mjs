// The words of `stagecraft bench`. A usage error is reported at once: the fault, the value, what is allowed.
import path from "node:path";
import { parseArgs } from "node:util";
import { root } from "../scripts/setup/paths.mjs";

/** Usage error: exit code 2. */
export class UsageError extends Error {}

/** What `bench models` consists of; each can be run alone. */
export const partsOfModels = ["two-tower", "dcn", "multi-task", "sasrec", "gbdt", "metrics"];
/** Run only where they are named. */
const named = [...partsOfModels, "evaluation", "drift", "serve"];
export const benches = ["world", "data", "models", ...partsOfModels, "evaluation", "drift", "serve", "serving"];
export const benchScales = ["smoke", "tiny", "small", "large", "million"];

export const help = `Usage: stagecraft bench [${benches.join("|")}…] [options]

Benchmarks compared with peers from PyPI, in one run and in turns. Without a name: world, data, models and serving.

  world       impressions/s of the simulated platform, beside Open Bandit Pipeline and RecSim; how cost grows
  data        raw events to features: 10 million impressions (--quick: 1 million), beside pandas
  models      the six below in one run
    two-tower training examples/s, beside TensorFlow in Python
    dcn       training examples/s of DCN-v2, beside TensorFlow in Python
    multi-task  the same of the multi-task ranker (MMoE)
    sasrec    training watches/s of the sequence model, beside TensorFlow in Python
    gbdt      training of gradient-boosted trees, beside LightGBM in Python
    metrics   AUC and NDCG over 10 million rows, beside scikit-learn; 10,000 bootstrap replicates by user, beside numpy
  evaluation  off-policy estimates of a million rounds × 100 actions, beside Open Bandit Pipeline; 7 GB of memory
  drift       a drift report of 100 columns × 1 million rows against as many, beside pandas and scipy
  serve       pages per second over HTTP with their latency, by an open-loop generator; a soak of a minute
  serving     latency of 10,000 requests with the ranker in 32 bits and in int8, beside the same stages in Python on the same
              model files; recall of the index, build and queries beside faiss and hnswlib;
              --scale million makes or loads a million videos with their models (8 GB, 20 minutes)

Options:
  --scale ${benchScales.join("|")}  smoke: do they run? large: 100,000 users × 1,000,000 videos
                          (world only); million: serving only   [large for world, else tiny]
  --quick                 the same as --scale tiny: all benches in about 5 minutes
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
    scale: { type: "string" },
    seed: { type: "string", default: "42" },
    repetitions: { type: "string", default: "5" },
    workers: { type: "string", default: "2" },
    out: { type: "string", default: path.join(root, "results") },
    json: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  };
  let parsed;
  try {
    parsed = parseArgs({ args: words, options: known, allowPositionals: true });
  } catch (error) {
    throw new UsageError(
      `${error.message.split(". ")[0]}; known: ${Object.keys(known)
        .map((name) => `--${name}`)
        .join(", ")}`,
      { cause: error },
    );
  }
  const { values, positionals } = parsed;
  const unknown = positionals.find((name) => !benches.includes(name));
  if (unknown !== undefined) throw new UsageError(`unknown bench: ${unknown}; known: ${benches.join(", ")}`);
  if (values.quick && values.scale !== undefined)
    throw new UsageError("--quick and --scale are both given; allowed: one of them");
  if (values.scale !== undefined && !benchScales.includes(values.scale))
    throw new UsageError(`unknown --scale: ${values.scale}; allowed: ${benchScales.join(", ")}`);
  const wanted = (name) =>
    positionals.length === 0
      ? !named.includes(name)
      : positionals.includes(name) && !(positionals.includes("models") && partsOfModels.includes(name));
  const names = benches.filter(wanted);
  if (values.scale === "large" && names.some((name) => name !== "world"))
    throw new UsageError("--scale large is of world only: stagecraft bench world --scale large");
  if (values.scale === "million" && names.some((name) => name !== "serving"))
    throw new UsageError("--scale million is of serving only: stagecraft bench serving --scale million");
  if (values.out === "") throw new UsageError("--out is empty; allowed: a folder");
  return {
    names,
    scale: values.quick ? "tiny" : values.scale, // undefined: each bench has its own
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
    throw new UsageError(
      `invalid ${name}: ${text}; allowed: a whole number, ${most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`}`,
    );
  }
  return value;
}
