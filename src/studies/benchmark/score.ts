/** Scores of pairs that a person asks for: a model learns from all rows of your own data. */
import type { Pairs } from "../../data/index.js";
import type { NamedColumn } from "../../log/index.js";
import type { RunControl } from "../../types.js";
import type { BenchmarkModel } from "./model.js";
import type { OwnData } from "./own-data.js";
import { pairRows } from "./own-rows.js";
import { idMap } from "./recommend.js";
import { ownParts } from "./split-rows.js";
import { fitOwn } from "./split-source.js";

/** Pairs in the order asked. */
export interface ScoredPairs extends Pairs {
  /** A ranker's probability of a click, or a retriever's own score; NaN where the user or the item is not in the data. // [pairs] */
  readonly score: Float32Array;
  readonly unknownUsers: number; // pairs
  readonly unknownItems: number; // pairs of a known user
}

/** Users scored at a time by a retriever: users × items scores are in memory. */
const chunk = 64;

/** @throws Error on data of one label, for a ranker; what a fit throws; the signal's reason on abort */
export async function scorePairs(
  own: OwnData,
  { model, seed, pairs }: { readonly model: BenchmarkModel; readonly seed: number; readonly pairs: Pairs },
  control: RunControl = {},
): Promise<ScoredPairs> {
  if (model.family === "ranker" && !hasBothLabels(own))
    throw new Error(
      `${model.name} cannot be fitted: all rows are ${own.data.interactions.click[0] === 1 ? "clicked" : "unclicked"}; ` +
        "allowed: a retriever, or an import with a click or rating column",
    );
  const [userOf, itemOf] = [idMap(own.data, "user"), idMap(own.data, "item")];
  const user = Int32Array.from(pairs.user, (key) => userOf(key) ?? -1);
  const item = Int32Array.from(pairs.item, (key) => itemOf(key) ?? -1);
  const known = Int32Array.from(user.keys()).filter((pair) => user[pair]! >= 0 && item[pair]! >= 0);
  const { fitted } = await fitOwn(ownParts(own, "all", seed), model, control);
  const score = new Float32Array(user.length).fill(NaN);
  if ("itemCount" in fitted) {
    const sorted = known.sort((a, b) => user[a]! - user[b]!);
    const users = Int32Array.from(new Set(sorted.map((pair) => user[pair]!)));
    for (let from = 0, at = 0; from < users.length; from += chunk) {
      control.signal?.throwIfAborted();
      const some = users.subarray(from, from + chunk);
      const scores = fitted.score(some);
      for (let u = 0; u < some.length; u++)
        for (; at < sorted.length && user[sorted[at]!] === some[u]; at++)
          score[sorted[at]!] = scores[u * fitted.itemCount + item[sorted[at]!]!]!;
      control.onProgress?.("users", Math.min(users.length, from + chunk), users.length);
    }
  } else {
    const pick = (ids: Int32Array): Int32Array => known.map((pair) => ids[pair]!);
    const scores = fitted.score(pairRows(own.data, pick(user), pick(item)));
    known.forEach((pair, i) => (score[pair] = scores[i]!));
  }
  const unknownUsers = user.filter((id) => id < 0).length;
  return { ...pairs, score, unknownUsers, unknownItems: user.length - unknownUsers - known.length };
}

/** Whether rankers can learn from the data. */
export function hasBothLabels({ data: { interactions } }: OwnData): boolean {
  return interactions.click.includes(0) && interactions.click.includes(1);
}

/** The pairs as columns of a file. */
export function columnsOfPairs({ user, item, score }: ScoredPairs): readonly NamedColumn[] {
  return [
    { name: "user", type: "VARCHAR", values: user },
    { name: "item", type: "VARCHAR", values: item },
    { name: "score", type: "FLOAT", values: score },
  ];
}
