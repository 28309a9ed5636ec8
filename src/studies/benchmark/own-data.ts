/**
 * Your own data as the offline verbs see them (the folder of an import, or a raw data set that is imported first), and the split
 * protocols of the field. Each protocol gives two splits of the same interactions: of those in which an item was taken (retrievers) and
 * of all rows (rankers).
 *
 * - `time`: whole days; the last for test (about a tenth of the rows), those before for validation. What a platform could know.
 * - `ratio`: 80/10/10 in random order, within each user for retrievers and over all rows for rankers (RecBole's settings, Zhao et al.,
 * 2021).
 * - `leave-one-out`: each user's last row for test and the one before for validation (He et al., 2017).
 * - `given`: as the files say (RecBole's x.train.inter, x.valid.inter, x.test.inter, or a mapped column).
 */
import { existsSync } from "node:fs";
import { loadArtifact } from "../../artifacts/index.js";
import {
  importData,
  isImported,
  readImported,
  type ImportedData,
  cutDays,
  splitAsGiven,
  splitAtDays,
  splitByRatio,
  splitLeaveOneOut,
  type DayCuts,
  type Imported,
  type RowSplit,
} from "../../data/index.js";
import { keyOf, uniform } from "../../random.js";
import { type Day, type RunControl, dayMs } from "../../types.js";

/** An import, opened. */
export interface OwnData {
  /** The import's folder. */
  readonly dir: string;
  /** A hash of the files and their mapping: what everything made from them is named after. */
  readonly id: string;
  /** Folder of artifacts. */
  readonly root: string;
  readonly layout: string;
  /** Date of day 0 (UTC), YYYY-MM-DD; undefined where the rows have no times. */
  readonly firstDate: string | undefined;
  /** Whether a split came with the data. */
  readonly splitGiven: boolean;
  readonly data: ImportedData;
  /** Rows of `data.interactions` in which a user took an item, ascending: what retrievers learn from and are asked for. */
  readonly taken: Int32Array;
  /** What was recognised and assumed, in sentences. */
  readonly said: readonly string[];
}

/**
 * Opens what `import` wrote, or imports a folder in a known layout first (or loads what the same files gave before).
 * @throws Error when the path is neither, or the import is damaged; the signal's reason on abort
 */
export async function openOwnData(path: string, root: string, control: RunControl = {}): Promise<OwnData> {
  if (!existsSync(path)) throw new Error(`no data at ${path}: it does not exist`);
  const first = isImported(path) ? undefined : await importData({ path, root, control });
  const artifact = first?.artifact ?? (await loadArtifact(path));
  const { layout, said, firstTime, split } = artifact.manifest.extra as Pick<
    Imported,
    "layout" | "said" | "firstTime" | "split"
  >;
  const data = await readImported(artifact.dir);
  const taken = takenOf(data);
  const when = artifact.made ? "imported first" : "imported before";
  const imported = first === undefined ? [] : [`${path} was ${when}: ${artifact.dir}`];
  return {
    dir: artifact.dir,
    id: artifact.id,
    root,
    layout,
    firstDate: firstTime?.slice(0, 10),
    splitGiven: split,
    data,
    taken: taken.rows,
    said: [...imported, ...said, taken.said],
  };
}

/** Who rates an item has taken it, whatever the rating; without ratings, who clicks. */
function takenOf({ interactions: { count, rating, click } }: ImportedData): {
  readonly rows: Int32Array;
  readonly said: string;
} {
  const all = Int32Array.from({ length: count }, (_, row) => row);
  if (!rating.every(Number.isNaN))
    return { rows: all, said: "retrievers learn from every rated item, rankers from clicks" };
  return {
    rows: all.filter((row) => click[row] === 1),
    said: "retrievers learn from clicked items, rankers from clicks",
  };
}

/** Names of the protocols. */
export const protocols = ["time", "ratio", "leave-one-out", "given"] as const;
/** `from <date>`: by time, with test from that date on. `all`: everything is learned from and nothing judged, for lists that are served. */
export type Protocol = (typeof protocols)[number] | `from ${string}` | "all";

/** Whether rows are cut at days, so that models may learn with features as of each row's time. */
export function isByTime(protocol: Protocol): boolean {
  return protocol === "time" || protocol.startsWith("from ");
}

/** By time, as a platform would; where rows stand on fewer than three days there is no time to split by. */
export function usualProtocol({ data: { interactions } }: OwnData): Protocol {
  return new Set(interactions.day).size >= 3 ? "time" : "ratio";
}

/** Shares of rows outside training. */
const shares = { validation: 0.1, test: 0.1 };
/** Most rows of rankers by ratio and leave-one-out: with 30 columns about 250 MB. Beyond, each row is kept with the same chance. */
const mostRows = 2_000_000;

/** A split of all interactions. */
export interface OwnSplit {
  readonly protocol: Protocol;
  /** Seed of the random order; the other protocols have one split only. */
  readonly seed?: number;
  /** Rows of `data.interactions`, those that were taken only. */
  readonly taken: RowSplit;
  /** Rows of `data.interactions`, taken or not. */
  readonly all: RowSplit;
  /** Days on which a split by time is cut. */
  readonly cuts?: DayCuts;
  /** The split in a sentence. */
  readonly said: string;
}

/** @throws Error on a split by time of fewer than three days, and where nobody has rows enough to be judged */
export function splitOwnData(own: OwnData, protocol: Protocol, seed: number): OwnSplit {
  const { user, day, timeMs, split: given } = own.data.interactions;
  if (protocol === "all") {
    const whole = (train: Int32Array): RowSplit => ({ train, validation: new Int32Array(0), test: new Int32Array(0) });
    const all = thinned(whole(Int32Array.from(user.keys())), user.length);
    return { protocol, all, taken: whole(own.taken), said: "none: all rows are learned from" };
  }
  if (protocol === "given") {
    if (!own.splitGiven)
      throw new Error(
        "no split came with the data; allowed: files x.train.inter, x.valid.inter and x.test.inter, or import with a column of train, " +
          "valid and test: --map split=NAME",
      );
    const all = splitAsGiven(given);
    const said = `as given (${countsOf(all)})`;
    return { protocol, all, taken: within(own.taken, (rows) => splitAsGiven(pick(given, rows))), said };
  }
  if (isByTime(protocol)) {
    const cuts = cutDays(day, shares, protocol === "time" ? undefined : testDay(own, protocol.slice("from ".length)));
    const all = splitAtDays(day, cuts);
    const said =
      `by time: training before day ${cuts.validation}, validation before day ${cuts.test}, test from then on ` +
      `(${countsOf(all)})`;
    return { protocol, cuts, all, taken: within(own.taken, (rows) => splitAtDays(pick(day, rows), cuts)), said };
  }
  if (protocol === "ratio") {
    const taken = within(own.taken, (rows) =>
      splitByRatio(pick(user, rows), { ...shares, by: "user", key: keyOf(seed, "public data/users") }),
    );
    const rows = splitByRatio(user, { ...shares, by: "all", key: keyOf(seed, "public data/rows") });
    const said =
      `by ratio: 80/10/10 in random order, within users for retrievers, over all ` +
      `rows for rankers${thinnedSaid(user.length)}; later rows are learned from, too`;
    return { protocol, seed, taken, all: thinned(rows, user.length), said };
  }
  const time = Float64Array.from(day, (on, row) => on * dayMs + timeMs[row]!);
  const timesOf = (rows: Int32Array): Float64Array => Float64Array.from(rows, (row) => time[row]!);
  const leaveOut = (rows: Int32Array): RowSplit => splitLeaveOneOut(pick(user, rows), timesOf(rows));
  const split: OwnSplit = {
    protocol,
    taken: within(own.taken, leaveOut),
    all: thinned(leaveOut(Int32Array.from(user.keys())), user.length),
    said:
      `leave-one-out: each user's last row for test, the one before for ` +
      `validation; users of fewer than three train only${thinnedSaid(user.length)}`,
  };
  if (split.all.test.length === 0)
    throw new Error("leave-one-out needs users with at least 3 interactions; there are none");
  return split;
}

const countsOf = ({ train, validation, test }: RowSplit): string =>
  `${[train, validation, test].map(({ length }) => length.toLocaleString("en")).join(", ")} rows`;

/** The day from which test rows are taken. @throws Error where that leaves no test rows or fewer than two days before them */
function testDay({ firstDate, data: { interactions } }: OwnData, date: string): Day {
  if (firstDate === undefined) throw new Error(`test from ${date}: the data have no times; allowed: --split ratio`);
  const days = [...new Set(interactions.day)].sort((a, b) => a - b);
  const dateOf = (day: Day): string => new Date(Date.parse(firstDate) + day * dayMs).toISOString().slice(0, 10);
  const day = (Date.parse(date) - Date.parse(firstDate)) / dayMs;
  if (days.length >= 3 && day >= days[2]! && day <= days.at(-1)!) return day;
  throw new Error(
    days.length < 3
      ? `test from ${date}: rows cover ${days.length} days; a split by time needs at least 3`
      : `test from ${date}; allowed: from ${dateOf(days[2]!)}, the third day with rows, to ${dateOf(days.at(-1)!)}`,
  );
}

function thinned(split: RowSplit, rows: number): RowSplit {
  if (rows <= mostRows) return split;
  const key = keyOf(0, "own data/thinned");
  const some = (part: Int32Array): Int32Array => part.filter((row) => uniform(key, row) * rows < mostRows);
  return { train: some(split.train), validation: some(split.validation), test: some(split.test) };
}

function thinnedSaid(rows: number): string {
  return rows <= mostRows ? "" : `, about ${mostRows.toLocaleString("en")} of them drawn at random for rankers`;
}

/** Splits some rows and says the parts in terms of all. */
function within(rows: Int32Array, split: (rows: Int32Array) => RowSplit): RowSplit {
  const { train, validation, test } = split(rows);
  const back = (part: Int32Array): Int32Array => part.map((at) => rows[at]!);
  return { train: back(train), validation: back(validation), test: back(test) };
}

function pick(column: ArrayLike<number>, rows: Int32Array): Int32Array {
  return rows.map((row) => column[row]!);
}
