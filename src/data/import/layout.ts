/** What is found at a path of data: which files, how they are written, which column means what. */

/** Names of the known layouts. */
export const layoutNames = [
  "movielens-100k",
  "movielens-1m",
  "movielens-25m",
  "kuairand",
  "kuairec",
  "recbole",
  "published",
  "table",
] as const;
export type LayoutName = (typeof layoutNames)[number];

/** Which column of the file means what. `user` and `item` are needed. */
export interface ColumnMapping {
  readonly user: string;
  readonly item: string;
  /** When (see time.ts). Absent: one day, in file order. */
  readonly time?: string;
  readonly rating?: string;
  readonly click?: string; // 0 or 1, true or false, yes or no
  readonly watchMs?: string;
  readonly durationMs?: string;
  readonly like?: string; // as click
  readonly share?: string;
  readonly hide?: string;
  readonly follow?: string;
  /** Chance with which the logging policy showed the item there; above 0, at most 1. */
  readonly propensity?: string;
  /** A split that is given: train, valid(ation) or test. */
  readonly split?: string;
}

/** How a text file is written; what is absent is recognised from the file. */
export interface TextForm {
  /** What is between two fields. */
  readonly separator?: string;
  /** False: no line names the columns; they are called 1, 2, … */
  readonly header?: boolean;
  readonly encoding?: string;
}

/** A table to read: its files (all of the same columns), and how. */
export interface TableSource extends TextForm {
  readonly files: readonly string[];
  readonly format: "text" | "parquet";
  /** Names of the columns where the file has no header. */
  readonly columns?: readonly string[];
  /** False: a quote is a letter like others. */
  readonly quoted?: boolean;
  /** RecBole's header: `name:type`. */
  readonly typed?: boolean;
  /** Columns of our own, as SQL over those of a Parquet file. */
  readonly derived?: readonly (readonly [string, string])[];
}

/** A side table: one row a user or item, found by `key`, or by a column named as the interactions' own. */
export interface SideSource extends TableSource {
  readonly key: string;
  /** Its columns that become what the catalogue has: the item's first category, creator, the user's age. */
  readonly topic?: string;
  readonly creator?: string;
  readonly age?: string;
}

/** What was found at a path. */
export interface Layout {
  readonly name: LayoutName;
  readonly interactions: TableSource;
  readonly mapping: ColumnMapping;
  /** Columns of the mapping that may be missing. */
  readonly optional?: boolean;
  readonly timeFormat?: string;
  readonly users?: SideSource;
  readonly items?: SideSource;
}
