/** Offline metrics user by user: one row per policy and user, kept as users.parquet. */
import { join } from "node:path";
import { meanOf, rankScored, userScores } from "../evaluation/index.js";
import { copyTo, openDatabase, parquetFrom, type NamedColumn } from "../log/index.js";
import { pick, usersOf, type RankingSlice, type ScoredRows } from "./offline-ranking.js";

/** Columns of policies and users; NaN where a user has no value. // [policies × users] each */
export interface UserTable {
  readonly policy: readonly string[];
  readonly user: Float64Array;
  readonly rows: Float64Array;
  readonly auc: Float64Array; // of the chance of a click; NaN for users who clicked all or nothing
  readonly logLoss: Float64Array;
  readonly ndcgWatch: Float64Array; // mean over the user's requests with a watch
}

/** Writes the table of all policies on one slice. */
export async function writeUsers(
  dir: string,
  part: RankingSlice,
  scores: readonly (ScoredRows & { readonly policy: string })[],
): Promise<void> {
  const { rows, labels, users, requests, seconds } = part;
  const tables = scores.map(({ policy, score, click }) => {
    const found = userScores(labels, pick(rows, click), users);
    const lists = rankScored(seconds, pick(rows, score), requests, 10);
    const ofUser = new Map<number, number[]>();
    usersOf(part, lists.queries).forEach((user, q) => {
      const values = ofUser.get(user);
      if (values) values.push(lists.ndcg[q]!);
      else ofUser.set(user, [lists.ndcg[q]!]);
    });
    const ndcgWatch = found.user.map((user) => meanOf(ofUser.get(user) ?? []));
    return { policy: Array.from(found.user, () => policy), ...found, ndcgWatch };
  });
  const all = (of: (table: (typeof tables)[number]) => Float64Array): Float64Array =>
    Float64Array.from(tables.flatMap((table) => Array.from(of(table))));
  const columns: readonly NamedColumn[] = [
    { name: "policy", type: "VARCHAR", values: tables.flatMap(({ policy }) => policy) },
    { name: "user", type: "DOUBLE", values: all(({ user }) => user) },
    { name: "rows", type: "DOUBLE", values: all((table) => table.rows) },
    { name: "auc", type: "DOUBLE", values: all(({ auc }) => auc) },
    { name: "logLoss", type: "DOUBLE", values: all(({ logLoss }) => logLoss) },
    { name: "ndcgWatch", type: "DOUBLE", values: all((table) => table.ndcgWatch) },
  ];
  const database = await openDatabase();
  try {
    await database.putTable("users", columns);
    await database.exec(copyTo("users", join(dir, "users.parquet")));
  } finally {
    database.close();
  }
}

/** Reads what `writeUsers` has written. */
export async function readUsers(dir: string): Promise<UserTable> {
  const database = await openDatabase();
  try {
    return (await database.query(`SELECT * FROM ${parquetFrom([join(dir, "users.parquet")])}`)) as unknown as UserTable;
  } finally {
    database.close();
  }
}
