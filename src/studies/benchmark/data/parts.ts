/** What models of each family learn from and are judged by: one split of data of one's own, with the rows it calls for. */
import { splitAtDays, type RowSplit } from "../../../data/index.js";
import type { RunControl } from "../../../types.js";
import { fieldRows } from "./field-rows.js";
import { retrievalTask, type RetrievalTask } from "./judge.js";
import type { OwnData } from "./own-data.js";
import { splitOwnData, type OwnSplit, type Protocol } from "./protocol.js";
import { takeOwnRows, type OwnRows } from "./row-columns.js";
import { timedRows } from "./timed-rows.js";

/** Rows of rankers by part. */
export interface RankingParts {
  readonly train: OwnRows;
  /** Absent where its rows are of one label only: the model holds out some of its own where it stops early. */
  readonly validation?: OwnRows;
  readonly test: OwnRows;
}

/** A split with its rows, made when first asked for. */
export interface OwnParts {
  readonly own: OwnData;
  readonly split: OwnSplit;
  readonly task: () => RetrievalTask;
  readonly ranking: (control?: RunControl) => Promise<RankingParts>;
}

/** Splits data. @throws Error as `splitOwnData` */
export function ownParts(own: OwnData, protocol: Protocol, seed: number): OwnParts {
  const split = splitOwnData(own, protocol, seed);
  let task: RetrievalTask | undefined;
  let ranking: Promise<RankingParts> | undefined;
  return {
    own,
    split,
    task: () => (task ??= retrievalTask(own, split)),
    ranking: (control) => (ranking ??= rankingParts(own, split, control)),
  };
}

/** Why models of a family cannot be fitted or judged on this split; undefined where they can. */
export function familyFault(parts: OwnParts, family: "retriever" | "ranker"): string | undefined {
  return family === "ranker" ? rankersFault(parts) : retrieversFault(parts);
}

function retrieversFault({ task }: OwnParts): string | undefined {
  return task().user.length > 0
    ? undefined
    : "nobody can be judged: no user has both training rows and new items in the test part";
}

function rankersFault({ own, split }: OwnParts): string | undefined {
  const { click } = own.data.interactions;
  for (const part of ["train", "test"] as const) {
    const rows = split.all[part];
    const clicks = rows.reduce((sum, row) => sum + click[row]!, 0);
    if (clicks === 0 || clicks === rows.length) {
      return `rankers need clicked and unclicked rows; the ${rows.length.toLocaleString("en")} ${part} rows are all ${clicks === 0 ? "unclicked" : "clicked"} (import with a click or rating column, or another --positive-from)`;
    }
  }
  return undefined;
}

async function rankingParts(own: OwnData, split: OwnSplit, control?: RunControl): Promise<RankingParts> {
  if (split.cuts === undefined) return partsOf(split.all, (rows) => fieldRows(own.data, rows));
  const timed = await timedRows(own, split.cuts, control);
  return partsOf(splitAtDays(timed.day, split.cuts), (rows) => takeOwnRows(timed, rows));
}

function partsOf({ train, validation, test }: RowSplit, take: (rows: Int32Array) => OwnRows): RankingParts {
  const held = take(validation);
  return {
    train: take(train),
    test: take(test),
    ...(held.label.includes(0) && held.label.includes(1) && { validation: held }),
  };
}
