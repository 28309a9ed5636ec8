/** `compare --data`: models on splits of your own data, and how the comparison is told. */
import { measureAll, type Benchmark } from "../../studies/benchmark/study.js";
import { openOwnData, usualProtocol } from "../../studies/benchmark/own-data.js";
import { ownParts, prepareSplit } from "../../studies/benchmark/split-rows.js";
import type { RunControl } from "../../types.js";
import { captionOf, splitOf, type DataOptions, type OpenedSplit } from "../own-data.js";
import { tradeOffFigure } from "./figures.js";
import { nameAndHash, type Comparison } from "./run.js";

/** What `compare --data` is told beside the data. */
export interface CompareDataOptions extends Omit<DataOptions, "seed"> {
  /** One split each by ratio; by time and leave-one-out one fit each. */
  readonly seeds: readonly number[];
  /** Processes at a time; clocks are the steadier the fewer there are. */
  readonly workers: number;
}

/** Opens the data and chooses models. @throws Error on data or models that are not available; the signal's reason on abort */
export async function compareSplits(options: CompareDataOptions, control: RunControl = {}): Promise<Comparison> {
  const { path, root, seeds, k = 10, workers, models } = options;
  const own = await openOwnData(path, root, control);
  const protocol = options.protocol ?? usualProtocol(own);
  const splits: OpenedSplit[] = [];
  for (const seed of seeds) splits.push(await splitOf(ownParts(own, protocol, seed), models));
  const notes = [...new Set(splits.flatMap((split) => split.notes))];
  const { parts } = splits[0]!;
  return {
    name: "data-trade-off",
    config: { data: own.id, protocol, seeds, k, models: splits[0]!.chosen.map(nameAndHash) },
    answer: { data: own.dir, split: protocol, seeds, k, said: notes },
    sameData: protocol !== "ratio",
    measure: (running) => measureSplits(splits, k, workers, running),
    title: `Models on ${own.layout} data`,
    lede: () => notes.slice(-2).join("; "),
    facts: [["Layout", own.layout]],
    figure: (rows) => tradeOffFigure(rows, `Quality of a model against its cost: ${own.layout} data`),
    figureHeading: "Quality against cost",
    figureCaption: "Costs in CPU time, which does not depend on other programs on the machine.",
    captions: { ranker: captionOf(parts, "ranker"), retriever: captionOf(parts, "retriever") },
    prose: [
      "Each model was fitted and evaluated in a process of its own. Retrievers learn " +
        "from the training part alone; early stopping of rankers uses the validation part.",
      "Examples per second are rows learned from over the wall-clock seconds of the whole fit, for any number of passes. " +
        "Size is that of the model's files; memory is the peak during the fit, above the memory before it. Latency is of one " +
        "request at a time, after a warm-up: a thousand rows scored, features at hand, for a ranker; the best " +
        "thousand of all items, seen ones left out, for a retriever.",
    ],
    notes,
  };
}

async function measureSplits(
  splits: readonly OpenedSplit[],
  k: number,
  workers: number,
  control: RunControl,
): Promise<Benchmark> {
  const { parts, chosen } = splits[0]!;
  await prepareSplit(parts, chosen, control);
  const jobs = splits.flatMap(({ parts: { own, split, seed }, chosen: models }) => {
    const data = {
      kind: "split",
      dir: own.dir,
      id: own.id,
      root: own.root,
      protocol: split.protocol,
      seed,
      k,
    } as const;
    return models.map((model) => ({ model, data }));
  });
  return measureAll(jobs, workers, control);
}
