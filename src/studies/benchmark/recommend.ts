/** Lists for users of your own data: a retriever learns from all rows, and what a user has taken is left out. */
import type { NamedColumn } from "../../log/index.js";
import { sha256 } from "../../artifacts/index.js";
import type { ImportedData, ImportedField } from "../../data/index.js";
import { byUser, retrieveTop, type FittedRetriever } from "../../models/index.js";
import { dayMs, type RunControl } from "../../types.js";
import type { BenchmarkModel } from "./model.js";
import type { OwnData } from "./own-data.js";
import { fitOwn } from "./split-source.js";
import { ownParts, takenRows } from "./split-rows.js";

/** Rows of all lists, by user in the order asked and then by rank; ids are those of the data's files. */
export interface Recommendations {
  readonly user: readonly string[];
  readonly rank: Int32Array; // from 1
  readonly item: readonly string[];
  readonly score: Float32Array; // the model's own: comparable within a user
  readonly withoutList: number; // users who took every item
}

/** What is asked for. */
export interface RecommendOptions {
  readonly model: BenchmarkModel; // a retriever
  readonly seed: number;
  readonly k: number; // places of a list; fewer where a user has taken nearly all items
  readonly users?: readonly string[]; // ids of the files; default: all
  /** Items that a user who is not in the data took, oldest first: that user is asked for alone, under the id `new`. */
  readonly history?: readonly string[];
}

/** Users scored at a time: users × items scores are in memory. */
const chunk = 64;
const newUser = "new";

/** @throws RangeError on ids that the data do not have, naming them; what a fit throws */
export async function recommend(
  own: OwnData,
  { model, seed, k, users, history }: RecommendOptions,
  control: RunControl = {},
): Promise<Recommendations> {
  const known = history === undefined ? own : withUser(own, idsOf(own.data, "item", history));
  const { userFields, videoFields, catalogue } = known.data;
  const wanted =
    history !== undefined
      ? Int32Array.of(catalogue.users.count - 1)
      : users === undefined
        ? Int32Array.from({ length: catalogue.users.count }, (_, user) => user)
        : Int32Array.from(new Set(idsOf(known.data, "user", users)));
  const fitted = (await fitOwn(ownParts(known, "all", seed), model, control)).fitted as FittedRetriever;
  const seen = byUser(takenRows(known, known.taken));
  const [nameOf, itemOf] = [namesOf(userFields), namesOf(videoFields)];
  const out = { user: [] as string[], rank: [] as number[], item: [] as string[], score: [] as number[] };
  for (let from = 0; from < wanted.length; from += chunk) {
    control.signal?.throwIfAborted();
    const some = wanted.subarray(from, from + chunk);
    const scores = fitted.score(some);
    const top = retrieveTop({ itemCount: () => fitted.itemCount, score: () => scores }, fitted, some, k, seen);
    top.forEach((item, at) => {
      if (item < 0) return;
      const u = Math.floor(at / k);
      out.user.push(nameOf(some[u]!));
      out.rank.push((at % k) + 1);
      out.item.push(itemOf(item));
      out.score.push(scores[u * fitted.itemCount + item]!);
    });
    control.onProgress?.("users", Math.min(wanted.length, from + chunk), wanted.length);
  }
  return {
    user: out.user,
    rank: Int32Array.from(out.rank),
    item: out.item,
    score: Float32Array.from(out.score),
    withoutList: wanted.length - new Set(out.user).size,
  };
}

/** The lists as columns of a file. */
export function columnsOfLists({ user, rank, item, score }: Recommendations): readonly NamedColumn[] {
  return [
    { name: "user", type: "VARCHAR", values: user },
    { name: "rank", type: "INTEGER", values: rank },
    { name: "item", type: "VARCHAR", values: item },
    { name: "score", type: "FLOAT", values: score },
  ];
}

function fieldOf(fields: readonly ImportedField[]): ImportedField {
  return fields.find(({ name }) => name === "key")!;
}

/** Names of dense ids, as the data's files have them. */
export function namesOf(fields: readonly ImportedField[]): (id: number) => string {
  const { words, code } = fieldOf(fields);
  return (id) => (id < code.length ? words[code[id]!]! : newUser);
}

/** Dense ids of the files' ids; of whole numbers 1.0 is 1. */
export function idMap(
  { userFields, videoFields }: ImportedData,
  what: "user" | "item",
): (key: string) => number | undefined {
  const { words, code } = fieldOf(what === "user" ? userFields : videoFields);
  const ids = new Map(Array.from(code, (word, id) => [words[word]!, id]));
  return (key) => ids.get(key) ?? ids.get(key.replace(/^([+-]?\d+)\.0+$/, "$1"));
}

function idsOf(data: ImportedData, what: "user" | "item", keys: readonly string[]): Int32Array {
  const idOf = idMap(data, what);
  const unknown = keys.filter((key) => idOf(key) === undefined);
  if (unknown.length > 0) {
    const { words, code } = fieldOf(what === "user" ? data.userFields : data.videoFields);
    const some = Array.from(code.subarray(0, 3), (word) => words[word]).join(", ");
    throw new RangeError(
      `unknown ${what}: ${unknown.slice(0, 5).join(", ")}; known: ${code.length} ids, for example ${some}`,
    );
  }
  return Int32Array.from(keys, (key) => idOf(key)!);
}

/** The same data with one more user, who took `items` in that order after everybody else's last row. */
function withUser(own: OwnData, items: Int32Array): OwnData {
  const { interactions, catalogue, userFields } = own.data;
  const { count } = interactions;
  const last = interactions.day.reduce((most, day, row) => Math.max(most, day * dayMs + interactions.timeMs[row]!), 0);
  const times = Array.from(items, (_, i) => last + 1000 * (i + 1));
  const grown = <T extends Float64Array | Int32Array | Uint8Array>(column: T, values: ArrayLike<number>): T => {
    const longer = new (column.constructor as new (length: number) => T)(column.length + values.length);
    longer.set(column);
    longer.set(values, column.length);
    return longer;
  };
  const same = (value: number): number[] => Array.from(items, () => value);
  const users = Object.fromEntries(
    Object.entries(catalogue.users).map(([name, column]) => [
      name,
      ArrayBuffer.isView(column) ? grown(column as Int32Array, [0]) : (column as unknown),
    ]),
  ) as unknown as typeof catalogue.users;
  return {
    ...own,
    id: sha256(`${own.id} history ${items.join()}`),
    taken: grown(
      own.taken,
      Array.from(items, (_, i) => count + i),
    ),
    data: {
      ...own.data,
      catalogue: { ...catalogue, users: { ...users, count: catalogue.users.count + 1 } },
      userFields: userFields.map((field) =>
        field.name === "key" ? field : { ...field, code: grown(field.code, [0]) },
      ),
      interactions: {
        count: count + items.length,
        user: grown(interactions.user, same(catalogue.users.count)),
        video: grown(interactions.video, items),
        day: grown(
          interactions.day,
          times.map((ms) => Math.floor(ms / dayMs)),
        ),
        timeMs: grown(
          interactions.timeMs,
          times.map((ms) => ms % dayMs),
        ),
        rating: grown(interactions.rating, same(NaN)),
        watchMs: grown(interactions.watchMs, same(NaN)),
        durationMs: grown(interactions.durationMs, same(NaN)),
        click: grown(interactions.click, same(1)),
        like: grown(interactions.like, same(0)),
        share: grown(interactions.share, same(0)),
        hide: grown(interactions.hide, same(0)),
        follow: grown(interactions.follow, same(0)),
        propensity: grown(interactions.propensity, same(1)),
        split: grown(interactions.split, same(0)),
      },
    },
  };
}
