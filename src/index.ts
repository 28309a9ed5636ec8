/**
 * Stagecraft: a whole industrial recommender on a laptop, on a simulated video platform whose truth is known.
 * One namespace per folder, in the order in which the seven steps of an ML system's design use them.
 *
 *   0  world        the truth that stands outside all steps: users, videos, choice, watching, drift
 *   1  brief        clarify requirements: who watches, how many, how fast, what may it cost?
 *   2  brief        frame as an ML task: which label, which objective, which funnel?
 *   3  log, data    prepare data: from raw events to point-in-time features
 *   4  models       develop models: popularity, two towers, a deep & cross network
 *   5  evaluation   evaluate: offline metrics, arms, intervals, and whether they agree
 *   6  serving      deploy and serve: retrieve → rank → re-rank within the budget
 *   7  monitoring   monitor and keep learning: drift, alerts, retraining
 *
 * `platform` is the loop in which the world meets the system. `pipeline` runs it stage by stage (simulate, prepare, train, evaluate,
 * play the arms); `studies` are experiments on the pipeline (drift, cold start, twins, …); `commands` are the verbs of the command line.
 * `cases` are the case studies.
 * `lab` is what a notebook or a terminal shows, `artifacts` stores results by hash, `publish` writes a dataset for others.
 */
export * as world from "./world/index.js"; // 0
export * as brief from "./brief/index.js"; // 1, 2
export * as log from "./log/index.js"; // 3
export * as data from "./data/index.js"; // 3
export * as models from "./models/index.js"; // 4
export * as evaluation from "./evaluation/index.js"; // 5
export * as serving from "./serving/index.js"; // 6
export * as monitoring from "./monitoring/index.js"; // 7

export * as platform from "./platform/index.js";
export * as pipeline from "./pipeline/index.js";
export * as studies from "./studies/index.js";
export * as cases from "./cases/index.js";
export * as publish from "./publish/index.js";
export * as lab from "./lab/index.js";
export * as commands from "./commands/index.js";
export * as artifacts from "./artifacts/index.js";
export * as random from "./random.js";
export * from "./types.js";
