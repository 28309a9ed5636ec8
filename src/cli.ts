#!/usr/bin/env node
/**
 * The command line: parses, calls, prints. stdout carries the answer (one JSON document with --json), stderr progress and faults.
 * Exit code 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C.
 */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { answer, fail, passOn } from "./commands/run.js";
import {
  collect,
  dataCliOptions,
  orUsageError,
  integer,
  resultsDir,
  settingOf,
  sizesOf,
  type CliOptions,
  dataOptionNames,
  worldsOf,
  writesResults,
  UsageError,
} from "./commands/options.js";
import { artifacts, commands, data, lab, pipeline, publish, type RunControl, scales, studies } from "./index.js";

const program = new Command("stagecraft")
  .description("Build, serve, judge and break a whole industrial recommender on a simulated video platform.")
  .version(artifacts.version(), "-V, --version")
  .showHelpAfterError("(see --help)")
  .exitOverride();

verb(
  "simulate",
  "run the platform under the logging policy and write the log (one Parquet partition a day)",
  (setting, control, options) => commands.simulateVerb(setting, control, { remake: options.remake === true }),
);
verb("prepare", "point-in-time features of the log", commands.prepareVerb);
verb(
  "train",
  "fit the two-tower retriever and the DCN-v2 ranker, export them to ONNX, build the index; or, with --data, all models on your own data",
  onData(commands.trainVerb, commands.trainDataVerb),
  dataCliOptions({ judges: false }),
);
verb(
  "evaluate",
  "offline metrics on later days: AUC, log loss, calibration, recall@k, NDCG@k; with --data of all models on your own data",
  onData(commands.evaluateVerb, commands.evaluateDataVerb),
  dataCliOptions({ judges: true }),
);
verb(
  "compare",
  "put the policies on the platform against each other; with --seeds, --models or --model every model's quality and cost; with --volumes or --noise good data against complex models; with --data on your own data",
  onData(compareWorlds, compareData, ["split", "k"]),
  [
    ...dataCliOptions({ judges: true }),
    new Option("--seeds <list>", "seeds between commas, or how many from --seed on (default: one)"),
    new Option("--volumes <shares>", "shares of the users to learn from, between commas, e.g. 0.1,0.3,1"),
    new Option("--noise <rates>", "shares of wrong click labels to learn from, between commas, e.g. 0,0.2,0.4"),
    new Option("--offline", "leave the models' days online out"),
    new Option("--online", "play the models of --volumes and --noise online, too"),
  ],
);
verb(
  "tour",
  "the main job: all seven steps, the notebooks and the report",
  (setting, control, options) =>
    commands.tour(setting, control, {
      results: resultsDir(options),
      notebooks: options.notebooks !== false,
      print: (text) => void (options.json === true ? process.stderr : process.stdout).write(`\n${text}\n\n`),
    }),
  [new Option("--no-notebooks", "leave the notebooks out")],
);
verb(
  "validity",
  "is the world believable? stylised facts, parameter recovery, rank agreement, conclusions under perturbation: validity.html and .json",
  (setting, control, options) =>
    commands.validityVerb(setting, control, {
      results: resultsDir(options),
      ...(options.worlds === undefined ? {} : { worlds: worldsOf(options.worlds) }),
    }),
  [new Option("--worlds <integer>", "worlds of the recovery study (default: 20 at tiny, else 100)")],
);
verb(
  "publish",
  "the log as a dataset for others: partitions, dictionary, card, Croissant, sums",
  (setting, control, { name, date, url, truth, remake, out }) => {
    orUsageError(() => publish.checkPublishOptions({ name, date }));
    return commands.publishVerb(setting, control, { name, date, url, truth, remake, out });
  },
  [
    new Option("--name <name>", "of the dataset and its folder (default: stagecraft-<scale>-<seed>)"),
    new Option("--date <YYYY-MM-DD>", "date of publication"),
    new Option("--url <url>", "where it will be found"),
    new Option("--truth", "add what only the world knows, for judging"),
  ],
);
verb(
  "twins",
  "twin worlds: how many users an A/B test needs for the same interval, beside CUPED; twins.json and figures",
  (setting, control, options) =>
    commands.twinsVerb(setting, control, {
      results: resultsDir(options),
      remake: options.remake === true,
      ...sizesOf(options.lucks === undefined ? options : { ...options, replications: options.lucks }, [
        "seeds",
        "users",
        "days",
        "replications",
      ]),
    }),
  [
    new Option("--seeds <integer>", "worlds (default: 5)"),
    new Option("--users <integer>", "assigned users a world"),
    new Option("--days <integer>", "days of the experiment (default: 14)"),
    new Option("--replications <integer>", "plays of each arm under other random draws (default: 3)"),
    new Option("--lucks <integer>", "the former name of --replications").hideHelp(),
  ],
);
verb("report", "write the report of the last tour again from its records", (_setting, _control, options) =>
  commands.rewriteReport(resultsDir(options)),
);

program
  .command("import")
  .description(
    "your own interactions as a log: MovieLens, KuaiRand, KuaiRec and RecBole folders, or a Parquet or CSV file with --map",
  )
  .argument("<path>", "folder or file")
  .addOption(new Option("--layout <name>", "say it instead of having it told from the files").choices(data.layoutNames))
  .option(
    "--map <field=column>",
    "which column holds what (may be repeated), e.g. --map user=uid --map item=vid --map time=ts",
    collect,
    [],
  )
  .option("--positive-from <rating>", "ratings from here on count as a click (default: 4)")
  .option("--out <folder>", "folder of made things (default: datasets/)")
  .option("--json", "one JSON document on stdout")
  .exitOverride()
  .action(async (path: string, options: Omit<commands.ImportCliOptions, "path"> & { readonly json?: boolean }) => {
    orUsageError(() => commands.columnMapping(options.map ?? []));
    await answer("import", options.json, (control) => commands.importVerb({ ...options, path }, control));
  });

program
  .command("reproduce")
  .description("the field's numbers on public data: retrievers and rankers over random splits, one table each")
  .argument(
    "<path>",
    "folder or file of a public data set, in any layout that import reads (for example MovieLens 100K)",
  )
  .option("--seed <integer>", "the same seed gives the same splits", "1")
  .option("--splits <integer>", "random splits to take the mean of", "3")
  .option("--out <folder>", "folder of made things (default: datasets/)")
  .option("--json", "one JSON document on stdout")
  .exitOverride()
  .action(
    async (
      path: string,
      options: { readonly seed: string; readonly splits: string; readonly out?: string; readonly json?: boolean },
    ) => {
      const splits = integer("--splits", options.splits);
      if (splits === 0) throw new UsageError("invalid --splits: 0; allowed: a whole number, 1 or more");
      const seed = integer("--seed", options.seed);
      const root = resolve(options.out ?? `${pipeline.projectRoot}/datasets`);
      await answer("reproduce", options.json, (control) =>
        commands.reproduceVerb(path, { root, seed, splits }, control),
      );
    },
  );

script(
  "notebooks",
  "run notebooks on the tslab kernel: [names…] -p name=value --html --slides",
  "scripts/notebooks/run.mjs",
);
script(
  "bench",
  "benchmarks beside peers from PyPI: [world|data|models|two-tower|dcn|gbdt|metrics|funnel]",
  "bench/run.mjs",
);
script("doctor", "what is there, and how to mend each thing that is not", "scripts/doctor.mjs");

program
  .command("contract <module>")
  .description(
    "does a world or model of your own keep the contract? The module exports open(config, seed) or behaviour(config), or fit(rows, options) or model; exit code 1 when a check fails",
  )
  .option("--seed <integer>", "of the worlds that are opened or the rows that are fitted", "11")
  .option("--json", "one JSON document on stdout")
  .exitOverride()
  .action(async (path: string, { seed, json }: Pick<CliOptions, "seed" | "json">) => {
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    const checked = await lab.abortable((signal) =>
      commands.contractVerb(path, { signal }, json === true ? () => undefined : print, integer("--seed", seed)),
    );
    print(json === true ? JSON.stringify(checked.json, null, 1) : checked.text);
    if (checked.failed > 0) process.exitCode = 1;
  });

type Verb = (setting: pipeline.Setting, control: RunControl, words: CliOptions) => Promise<commands.Answer>;

function verb(name: string, description: string, run: Verb, extra: readonly Option[] = []): void {
  const command = program
    .command(name)
    .description(description)
    .addOption(
      new Option("--scale <scale>", "size of everything")
        .choices(scales)
        .default(name === "tour" || name === "report" ? "small" : "tiny"),
    )
    .option("--seed <integer>", "the same seed gives the same bytes", "42")
    .option("--workers <integer>", "threads; they change speed, never bytes", String(commands.defaultWorkers()))
    .option(
      "--out <folder>",
      name === "publish"
        ? "folder in which the dataset's own goes (default: datasets/)"
        : writesResults(name)
          ? "folder of results (default: results/)"
          : "folder of made things (default: datasets/)",
    )
    .option(
      "--world <field=value>",
      "change one field of the world (may be repeated), e.g. --world tasteStrength=0",
      collect,
      [],
    )
    .option("--remake", "make again what is there already")
    .option("--json", "one JSON document on stdout")
    .exitOverride();
  for (const option of extra) command.addOption(option);
  command.action(async (words: CliOptions) => {
    const setting = settingOf(words, name);
    await answer(name, words.json, (control) => run(setting, control, words));
  });
}

type OwnDataVerb = (
  options: studies.DataOptions,
  control: RunControl,
  setting: pipeline.Setting,
  words: CliOptions,
) => Promise<commands.Answer>;

/** A verb on the simulated platform, or with --data on one's own data; `needData` are words that only then mean something. */
function onData(simulated: Verb, own: OwnDataVerb, needData: readonly (keyof CliOptions)[] = dataOptionNames): Verb {
  return (setting, control, words) => {
    if (words.data === undefined) {
      const stray = needData.find((word) => words[word] !== undefined);
      if (stray !== undefined) throw new UsageError(`--${stray} needs --data`);
      return simulated(setting, control, words);
    }
    if (words.world.length > 0 || words.remake === true)
      throw new UsageError(`--${words.remake === true ? "remake" : "world"} has no meaning with --data`);
    return own(dataOptionsOf(setting, words, words.data), control, setting, words);
  };
}

/** Policies, or models where any are asked for. */
async function compareWorlds(
  setting: pipeline.Setting,
  control: RunControl,
  words: CliOptions,
): Promise<commands.Answer> {
  if (!commands.asksTradeOff(words)) return commands.compareVerb(setting, control);
  const planned = await commands.planTradeOff(setting, words).catch((error: unknown) => {
    throw new UsageError((error as Error).message, { cause: error });
  });
  return commands.tradeOffVerb(setting, planned, control);
}

function compareData(
  options: studies.DataOptions,
  control: RunControl,
  { seed, workers }: pipeline.Setting,
  words: CliOptions,
): Promise<commands.Answer> {
  const stray = (["volumes", "noise", "online", "offline"] as const).find((word) => words[word] !== undefined);
  if (stray !== undefined) throw new UsageError(`--${stray} has no meaning with --data`);
  return orUsageError(() =>
    commands.compareDataVerb(
      { ...options, seeds: commands.seedsOf(words.seeds, seed), workers, results: resultsDir({}) },
      control,
    ),
  );
}

function dataOptionsOf(
  { datasets: root, seed }: pipeline.Setting,
  words: studies.DataCliOptions,
  path: string,
): studies.DataOptions {
  return orUsageError(() => studies.dataOptions(words, { path, root, seed }));
}

/** Verbs that are scripts of their own. */
function script(name: string, description: string, file: string): void {
  program
    .command(name)
    .description(description)
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => passOn(name, file));
}

program.parseAsync().catch(fail);
