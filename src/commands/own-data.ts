/** `--data`: what the verbs on your own data are told, and the split they open. */
import { Option } from "commander";
import { z } from "zod";
import type { Setting } from "../pipeline/setting.js";
import {
  checkNames,
  onAnyData,
  type BenchmarkModel,
  type Family,
  type ModelSelection,
} from "../studies/benchmark/model.js";
import { openOwnData, protocols, usualProtocol, type Protocol } from "../studies/benchmark/own-data.js";
import { chooseOwnModels, learningNotes, ownParts, type OwnParts } from "../studies/benchmark/split-rows.js";
import type { RunControl } from "../types.js";
import { collect, integer, listOf, orUsageError, recomputeOf, UsageError, type PlatformOptions } from "./options.js";
import type { Answer } from "./run.js";

/** As it was typed. */
export interface DataTyped {
  readonly data?: string;
  readonly models?: string; // names between commas
  readonly model?: readonly string[]; // your own files
  readonly split?: string;
  readonly givenSplit?: boolean;
  readonly testFrom?: string; // a date
  readonly k?: string;
}

/** What the verbs on your own data are told. */
export interface DataOptions {
  /** Folder of an import, or of a data set in a known layout. */
  readonly path: string;
  /** Folder of artifacts. */
  readonly root: string;
  readonly seed: number;
  /** Absent: by time where rows stand on at least three days, else by ratio. */
  readonly protocol?: Protocol;
  readonly models?: ModelSelection;
  /** Places of the lists that are judged (10). */
  readonly k?: number;
}

/** Data opened and split, the models to fit, and what a person should know of both in sentences. */
export interface OpenedSplit {
  readonly parts: OwnParts;
  readonly chosen: readonly BenchmarkModel[];
  readonly notes: readonly string[];
}

/** The options of the verbs that take --data; only those that judge have places to judge. */
export function dataCliOptions({ judges }: { readonly judges: boolean }): readonly Option[] {
  return [
    new Option("--data <folder>", "your own data: a folder that import wrote, or one that it reads"),
    new Option("--models <names>", "which models, between commas (default: all)"),
    new Option("--model <file>", "your own model in addition (may be repeated)").argParser(collect),
    new Option(
      "--split <protocol>",
      "how rows are split (default: time; ratio where there are fewer than three days)",
    ).choices(protocols),
    new Option("--given-split", "the split that came with the data: the same as --split given"),
    new Option("--test-from <YYYY-MM-DD>", "split by time, with test from this date on (UTC)"),
    ...(judges ? [new Option("--k <integer>", "length of the lists that are evaluated (default: 10)")] : []),
  ];
}

/** @throws RangeError or UsageError naming the option and what is allowed */
export function dataOptions(
  { models, model, split: typed, givenSplit = false, testFrom, k }: DataTyped,
  base: Pick<DataOptions, "path" | "root" | "seed">,
): DataOptions {
  const split = typed ?? (givenSplit ? "given" : undefined);
  if (split !== undefined && !(protocols as readonly string[]).includes(split))
    throw new RangeError(`invalid --split: ${split}; allowed: ${protocols.join(", ")}`);
  if (givenSplit && split !== "given") throw new UsageError(`--given-split cannot be used with --split ${split}`);
  if (testFrom !== undefined) {
    if (!z.iso.date().safeParse(testFrom).success)
      throw new RangeError(`invalid --test-from: ${testFrom}; allowed: YYYY-MM-DD, a day of the calendar`);
    if (split !== undefined && split !== "time")
      throw new UsageError(`--test-from cannot be used with --split ${split}`);
  }
  const names = models === undefined ? undefined : listOf("--models", models);
  if (names !== undefined) checkNames(names, onAnyData);
  return {
    ...base,
    ...(split !== undefined && { protocol: split as Protocol }),
    ...(testFrom !== undefined && { protocol: `from ${testFrom}` as const }),
    ...(k !== undefined && { k: integer("--k", k, 1, 999_999) }),
    ...((names !== undefined || model !== undefined) && {
      models: { ...(names && { names }), ...(model && { files: model }) },
    }),
  };
}

/** What a verb does on the simulated platform, or with --data on your own data; `needData` are options that only then mean something. */
export function platformOrData<Typed extends PlatformOptions & DataTyped>(
  platform: (setting: Setting, control: RunControl, typed: Typed) => Promise<Answer>,
  own: (options: DataOptions, control: RunControl, setting: Setting, typed: Typed) => Promise<Answer>,
  needData: readonly (keyof DataTyped)[] = ["models", "model", "split", "givenSplit", "testFrom", "k"],
): (setting: Setting, control: RunControl, typed: Typed) => Promise<Answer> {
  return async (setting, control, typed) => {
    if (typed.data === undefined) {
      const stray = needData.find((name) => typed[name] !== undefined);
      if (stray !== undefined)
        throw new UsageError(`--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} needs --data`);
      return platform(setting, control, typed);
    }
    const path = typed.data;
    if (typed.world.length > 0) throw new UsageError("--world cannot be used with --data");
    if (typed.worldModule !== undefined) throw new UsageError("--world-module cannot be used with --data");
    if (recomputeOf(typed))
      throw new UsageError(`--${typed.remake === true ? "remake" : "recompute"} cannot be used with --data`);
    const { datasets: root, seed } = setting;
    return own(
      orUsageError(() => dataOptions(typed, { path, root, seed })),
      control,
      setting,
      typed,
    );
  };
}

/** @throws Error on data that cannot be read or split, and on models that are not available */
export async function openSplit(
  { path, root, seed, protocol, models }: DataOptions,
  control: RunControl = {},
): Promise<OpenedSplit> {
  const own = await openOwnData(path, root, control);
  return splitOf(ownParts(own, protocol ?? usualProtocol(own), seed), models);
}

/** The models to fit on a split, and what there is to know. */
export async function splitOf(parts: OwnParts, selection?: ModelSelection): Promise<OpenedSplit> {
  const { models: chosen, skipped } = await chooseOwnModels(parts, selection);
  const notes = [...parts.own.said, `split ${parts.split.said}`, ...skipped, ...learningNotes(parts, chosen)];
  return { parts, chosen, notes };
}

/** What a table of judged models is about. */
export function captionOf({ own, split, task }: OwnParts, family: Family): string {
  const number = (count: number): string => count.toLocaleString("en");
  if (family === "ranker") return `Rankers on ${number(split.all.test.length)} test rows`;
  const { user, leftOut } = task();
  const aside = leftOut === 0 ? "" : ` (${number(leftOut)} users have no training rows or took nothing new)`;
  return (
    `Retrievers: all ${number(own.data.catalogue.videos.count)} items ` +
    `ranked for ${number(user.length)} users, seen ones left out${aside}`
  );
}
