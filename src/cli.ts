#!/usr/bin/env node
/**
 * The command line: parses, calls, prints. stdout carries the answer (one JSON document with --json), stderr progress and faults.
 * Exit code 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C.
 */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { data, experiments, lab, scales, type RunControl, type Scale } from "./index.js";

interface Common extends experiments.DataWords, experiments.TradeOffWords {
  readonly scale: Scale;
  readonly seed: string;
  readonly workers: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly world: readonly string[];
  readonly remake?: boolean;
  readonly data?: string; // train, evaluate, compare
  readonly seeds?: string; // twins, and below
  readonly users?: string;
  readonly days?: string;
  readonly lucks?: string;
}

/** Words that mean something beside --data only. */
const wordsOfData: readonly (keyof experiments.DataWords)[] = ["models", "model", "split", "k"];

/** A fault of the person who typed, not of the program: exit code 2. */
class WrongUse extends Error {}

const program = new Command("stagecraft")
  .description("Build, serve, judge and break a whole industrial recommender on a simulated video platform.")
  .version(experiments.version(), "-V, --version")
  .showHelpAfterError("(see --help)")
  .exitOverride();

verb("simulate", "run the platform under the logging policy and write the log (one Parquet partition a day)", (setting, control, options) =>
  experiments.simulateVerb(setting, control, { remake: options.remake === true }));
verb("prepare", "point-in-time features of the log", experiments.prepareVerb);
verb("train", "fit the two-tower retriever and the DCN-v2 ranker, export them to ONNX, build the index; or, with --data, all models on your own data", onData(experiments.trainVerb, experiments.trainDataVerb), dataWords().slice(0, 4));
verb("evaluate", "offline metrics on later days: AUC, log loss, calibration, recall@k, NDCG@k; with --data of all models on your own data", onData(experiments.evaluateVerb, experiments.evaluateDataVerb), dataWords());
verb("compare", "put the policies on the platform against each other; with --seeds, --models or --model every model's quality and cost; with --volumes or --noise good data against complex models; with --data on your own data", onData(compareWorlds, compareData, ["split", "k"]), [
  ...dataWords(), new Option("--seeds <list>", "seeds between commas, or how many from --seed on (default: one)"),
  new Option("--volumes <shares>", "shares of the users to learn from, between commas, e.g. 0.1,0.3,1"), new Option("--noise <rates>", "shares of wrong click labels to learn from, between commas, e.g. 0,0.2,0.4"),
  new Option("--offline", "leave the models' days online out"), new Option("--online", "play the models of --volumes and --noise online, too"),
]);
verb("tour", "the main job: all seven steps, the notebooks and the report", (setting, control, options) =>
  experiments.tour(setting, control, { results: resultsDir(options), notebooks: options.notebooks !== false }), [new Option("--no-notebooks", "leave the notebooks out")]);
verb("validity", "is the world believable? stylised facts, parameter recovery, rank agreement, conclusions under perturbation: validity.html and .json", (setting, control, options) =>
  experiments.validityVerb(setting, control, { results: resultsDir(options), ...(options.worlds === undefined ? {} : { worlds: worldsOf(options.worlds) }) }), [new Option("--worlds <integer>", "worlds of the recovery study (default: 20 at tiny, else 100)")]);
verb("publish", "the log as a dataset for others: partitions, dictionary, card, Croissant, sums", (setting, control, { name, date, url, truth, remake, out }) => {
  try {
    experiments.checkPublishOptions({ name, date });
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
  return experiments.publishVerb(setting, control, { name, date, url, truth, remake, out });
}, [
  new Option("--name <name>", "of the dataset and its folder (default: stagecraft-<scale>-<seed>)"), new Option("--date <YYYY-MM-DD>", "date of publication"),
  new Option("--url <url>", "where it will be found"), new Option("--truth", "add what only the world knows, for judging"),
]);
verb("twins", "twin worlds: how many users an A/B test needs for the same interval, beside CUPED; twins.json and figures", (setting, control, options) =>
  experiments.twinsVerb(setting, control, { results: resultsDir(options), remake: options.remake === true, ...sizesOf(options, ["seeds", "users", "days", "lucks"]) }), [
  new Option("--seeds <integer>", "worlds (default: 5)"), new Option("--users <integer>", "assigned users a world"), new Option("--days <integer>", "days of the experiment (default: 14)"),
  new Option("--lucks <integer>", "plays of each arm (default: 3)"),
]);
verb("report", "write the report of the last tour again from its records", (_setting, _control, options) => experiments.rewriteReport(resultsDir(options)));

program
  .command("import")
  .description("your own interactions as a log: MovieLens, KuaiRand, KuaiRec and RecBole folders, or a Parquet or CSV file with --map")
  .argument("<path>", "folder or file")
  .addOption(new Option("--layout <name>", "say it instead of having it told from the files").choices(data.layoutNames))
  .option("--map <field=column>", "which column holds what (may be repeated), e.g. --map user=uid --map item=vid --map time=ts", collect, [])
  .option("--positive-from <rating>", "ratings from here on count as a click (default: 4)")
  .option("--out <folder>", "folder of made things (default: datasets/)")
  .option("--json", "one JSON document on stdout")
  .exitOverride()
  .action(async (path: string, options: Omit<experiments.ImportWords, "path"> & { readonly json?: boolean }) => {
    try {
      experiments.columnMapping(options.map ?? []);
    } catch (error) {
      throw new WrongUse((error as Error).message, { cause: error });
    }
    const reporter = lab.progress("import");
    try {
      const answer = await lab.abortable((signal) => experiments.importVerb({ ...options, path }, { signal, onProgress: reporter }));
      reporter.finish();
      process.stdout.write(options.json === true ? `${JSON.stringify(answer.json, null, 1)}\n` : `${answer.text}\n`);
    } finally {
      reporter.finish();
    }
  });

program
  .command("reproduce")
  .description("the field's numbers on public data: retrievers and rankers over random splits, one table each")
  .argument("<path>", "folder or file of a public data set, in any layout that import reads (for example MovieLens 100K)")
  .option("--seed <integer>", "the same seed gives the same splits", "1")
  .option("--splits <integer>", "random splits to take the mean of", "3")
  .option("--out <folder>", "folder of made things (default: datasets/)")
  .option("--json", "one JSON document on stdout")
  .exitOverride()
  .action(async (path: string, options: { readonly seed: string; readonly splits: string; readonly out?: string; readonly json?: boolean }) => {
    const splits = integer("--splits", options.splits);
    if (splits === 0) throw new WrongUse("invalid --splits: 0; allowed: a whole number, 1 or more");
    const seed = integer("--seed", options.seed);
    const reporter = lab.progress("reproduce");
    try {
      const root = resolve(options.out ?? `${experiments.projectRoot}/datasets`);
      const answer = await lab.abortable((signal) => experiments.reproduceVerb(path, { root, seed, splits }, { signal, onProgress: reporter }));
      reporter.finish();
      process.stdout.write(options.json === true ? `${JSON.stringify(answer.json, null, 1)}\n` : `${answer.text}\n`);
    } finally {
      reporter.finish();
    }
  });

passOn("notebooks", "run notebooks on the tslab kernel: [names…] -p name=value --html --slides", "scripts/notebooks/run.mjs");
passOn("bench", "benchmarks beside peers from PyPI: [world|data|models|two-tower|dcn|gbdt|metrics|funnel]", "bench/run.mjs");
passOn("doctor", "what is there, and how to mend each thing that is not", "scripts/doctor.mjs");

program
  .command("contract <module>")
  .description("does a world or model of your own keep the contract? The module exports open(config, seed) or behaviour(config), or fit(rows, options) or model; exit code 1 when a check fails")
  .option("--seed <integer>", "of the worlds that are opened or the rows that are fitted", "11")
  .option("--json", "one JSON document on stdout")
  .exitOverride()
  .action(async (path: string, { seed, json }: Pick<Common, "seed" | "json">) => {
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    const answer = await lab.abortable((signal) => experiments.contractVerb(path, { signal }, json === true ? () => undefined : print, integer("--seed", seed)));
    print(json === true ? JSON.stringify(answer.json, null, 1) : answer.text);
    if (answer.failed > 0) process.exitCode = 1;
  });

type Verb = (setting: experiments.Setting, control: RunControl, options: Common & { readonly notebooks?: boolean; readonly worlds?: string } & experiments.PublishOptions) => Promise<experiments.Answer>;

function verb(name: string, description: string, run: Verb, extra: readonly Option[] = []): void {
  const command = program
    .command(name)
    .description(description)
    .addOption(new Option("--scale <scale>", "size of everything").choices(scales).default(name === "tour" || name === "report" ? "small" : "tiny"))
    .option("--seed <integer>", "the same seed gives the same bytes", "42")
    .option("--workers <integer>", "threads; they change speed, never bytes", String(experiments.defaultWorkers()))
    .option("--out <folder>", name === "publish" ? "folder in which the dataset's own goes (default: datasets/)" : writesResults(name) ? "folder of results (default: results/)" : "folder of made things (default: datasets/)")
    .option("--world <field=value>", "change one field of the world (may be repeated), e.g. --world tasteStrength=0", collect, [])
    .option("--remake", "make again what is there already")
    .option("--json", "one JSON document on stdout")
    .exitOverride();
  for (const option of extra) command.addOption(option);
  command.action(async (options: Common) => {
    const setting = settingOf(options, name);
    const reporter = lab.progress(name);
    try {
      const answer = await lab.abortable((signal) => run(setting, { signal, onProgress: reporter }, options));
      reporter.finish();
      process.stdout.write(options.json === true ? `${JSON.stringify(answer.json, null, 1)}\n` : `${answer.text}\n`);
    } finally {
      reporter.finish();
    }
  });
}

type OwnDataVerb = (options: experiments.DataOptions, control: RunControl, setting: experiments.Setting, words: Common) => Promise<experiments.Answer>;

/** What the verbs that take --data understand beside it. */
function dataWords(): readonly Option[] {
  return [
    new Option("--data <folder>", "your own data: what import wrote, or a folder that it reads"),
    new Option("--models <names>", "which models, between commas (default: all)"),
    new Option("--model <file>", "a model of your own beside them (may be repeated)").argParser((value: string, before: readonly string[] | undefined) => collect(value, before ?? [])),
    new Option("--split <protocol>", "how rows are split (default: time; ratio where there are fewer than three days)").choices(experiments.protocols),
    new Option("--k <integer>", "places of the lists that are judged (default: 10)"),
  ];
}

/** A verb on the simulated platform, or with --data on one's own data; `needData` are words that only then mean something. */
function onData(simulated: Verb, own: OwnDataVerb, needData: readonly (keyof Common)[] = wordsOfData): Verb {
  return (setting, control, words) => {
    if (words.data === undefined) {
      const stray = needData.find((word) => words[word] !== undefined);
      if (stray !== undefined) throw new WrongUse(`--${stray} needs --data`);
      return simulated(setting, control, words);
    }
    if (words.world.length > 0 || words.remake === true) throw new WrongUse(`--${words.remake === true ? "remake" : "world"} has no meaning with --data`);
    return own(dataOptionsOf(setting, words, words.data), control, setting, words);
  };
}

/** Policies, or models where any are asked for. */
async function compareWorlds(setting: experiments.Setting, control: RunControl, words: Common): Promise<experiments.Answer> {
  if (!experiments.asksTradeOff(words)) return experiments.compareVerb(setting, control);
  const planned = await experiments.planTradeOff(setting, words).catch((error: unknown) => {
    throw new WrongUse((error as Error).message, { cause: error });
  });
  return experiments.tradeOffVerb(setting, planned, control);
}

function compareData(options: experiments.DataOptions, control: RunControl, { seed, workers }: experiments.Setting, words: Common): Promise<experiments.Answer> {
  const stray = (["volumes", "noise", "online", "offline"] as const).find((word) => words[word] !== undefined);
  if (stray !== undefined) throw new WrongUse(`--${stray} has no meaning with --data`);
  try {
    return experiments.compareDataVerb({ ...options, seeds: experiments.seedsOf(words.seeds, seed), workers, results: `${experiments.projectRoot}/results` }, control);
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}

function dataOptionsOf({ datasets: root, seed }: experiments.Setting, words: experiments.DataWords, path: string): experiments.DataOptions {
  try {
    return experiments.dataOptions(words, { path, root, seed });
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}

function settingOf(options: Common, name: string): experiments.Setting {
  const datasets = options.out !== undefined && !writesResults(name) ? resolve(options.out) : undefined;
  try {
    return experiments.setting({
      scale: options.scale,
      seed: integer("--seed", options.seed),
      workers: integer("--workers", options.workers),
      world: experiments.worldFields(options.world),
      ...(datasets === undefined ? {} : { datasets }),
    });
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}

/** Verbs whose --out is the folder of what they write for others to read; of the others it is that of made things. */
function writesResults(name: string): boolean {
  return ["tour", "report", "validity", "twins", "publish"].includes(name);
}

function worldsOf(text: string): number {
  const worlds = integer("--worlds", text);
  const { least, most } = experiments.recoveryLimits;
  if (worlds < least || worlds > most) throw new WrongUse(`invalid --worlds: ${worlds}; allowed: a whole number from ${least} to ${most}`);
  return worlds;
}

/** Whole numbers among the options, by name. */
function sizesOf(options: Common, names: readonly ("seeds" | "users" | "days" | "lucks")[]): Readonly<Partial<Record<"seeds" | "users" | "days" | "lucks", number>>> {
  return Object.fromEntries(names.flatMap((name) => {
    const text = options[name];
    return text === undefined ? [] : [[name, integer(`--${name}`, text)]];
  }));
}

function integer(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new WrongUse(`invalid ${name}: ${text}; allowed: a whole number, 0 or more`);
  return Number(text);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function resultsDir(options: Common): string {
  return resolve(options.out ?? `${experiments.projectRoot}/results`);
}

/** Verbs that are scripts of their own get their words as they stand. */
function passOn(name: string, description: string, script: string): void {
  program
    .command(name)
    .description(description)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      const words = process.argv.slice(process.argv.indexOf(name) + 1);
      const child = spawn(process.execPath, [`${experiments.projectRoot}/${script}`, ...words], { stdio: "inherit" });
      // the child has the terminal's Ctrl-C too and ends by itself; this process waits for its exit code
      process.on("SIGINT", () => undefined);
      return new Promise<void>((done, fail) => {
        child.on("error", fail);
        child.on("exit", (code, signal) => {
          process.exitCode = code ?? (signal === "SIGINT" ? lab.interruptedExitCode : 1);
          done();
        });
      });
    });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof WrongUse) return 2;
  if (error instanceof lab.InterruptedError) return lab.interruptedExitCode;
  return 1;
}

program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) {
    const fault = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`stagecraft: ${fault.message}\n`);
    if (process.env["STAGECRAFT_DEBUG"] !== undefined) process.stderr.write(`${fault.stack}\n${fault.cause instanceof Error ? `caused by ${fault.cause.stack}\n` : ""}`);
  }
  process.exitCode = exitCodeOf(error);
});
