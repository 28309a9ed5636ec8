/** The sequence model as one kind of retriever among others: it sees ids alone, and a user's pairs must be in order of time. */
import { loadArrays, networkArrays, saveArrays, wholeArray } from "../../network/training/model-files.js";
import { checkUsers } from "../../contract/inputs.js";
import type { RetrieverKind } from "../../contract/kinds.js";
import { embeddingScores } from "../factors.js";
import { checkInteractions, idMatrix, type Interactions } from "../interactions.js";
import { partsOf, sasrecOf } from "./files.js";
import { embedItems, embedSequences, fitSasrec, sasrecDefaults, type Sasrec, type SasrecConfig } from "./sasrec.js";

/** A sequence model and the watches that its queries are made of. */
export interface SasrecRetriever {
  readonly kind: "sasrec";
  readonly model: Sasrec;
  readonly itemCount: number;
  readonly offsets: Int32Array; // [users + 1]
  readonly item: Int32Array; // [pairs] oldest first by user
}

const scoresOf = embeddingScores(({ model, itemCount }: SasrecRetriever) =>
  embedItems(model, idMatrix("item", itemCount)),
);

/** SASRec under the contract of retrievers; weights of pairs are checked and not read. */
export const sasrec: RetrieverKind<SasrecRetriever, SasrecConfig> = {
  kind: "sasrec",
  engine: "tensorflow",
  serving: "sequence",
  defaults: { ...sasrecDefaults, minCount: 1 },
  async fit(rows, config = {}, control = {}) {
    checkInteractions(rows);
    const { offsets, item } = inOrder(rows);
    const model = await fitSasrec(
      { offsets, item, items: idMatrix("item", rows.itemCount) },
      { minCount: 1, ...config },
      control,
    );
    return { kind: "sasrec", model, itemCount: rows.itemCount, offsets, item };
  },
  itemCount: (retriever) => retriever.itemCount,
  score(retriever, users) {
    const { model, itemCount, offsets, item } = retriever;
    checkUsers(users, offsets.length - 1);
    const { dim, length: width } = model.config;
    const lengths = new Int32Array(users.length);
    const video = new Int32Array(users.length * width);
    users.forEach((user, u) => {
      const last = item.subarray(Math.max(offsets[user]!, offsets[user + 1]! - width), offsets[user + 1]!);
      lengths[u] = last.length;
      video.set(last, u * width);
    });
    const queries = embedSequences(model, idMatrix("item", itemCount), {
      count: users.length,
      width,
      length: lengths,
      video,
    });
    return scoresOf(retriever, queries, dim);
  },
  save: ({ model, itemCount, offsets, item }, dir) => {
    const parts = partsOf(model);
    return saveArrays(dir, "sasrec", { ...parts, extra: { itemCount } }, [
      ...networkArrays(model),
      wholeArray("history/offsets", offsets),
      wholeArray("history/item", item),
    ]);
  },
  async load(dir) {
    const loaded = await loadArrays(dir, "sasrec");
    return {
      kind: "sasrec",
      model: sasrecOf(loaded),
      itemCount: Number(loaded.card.extra["itemCount"]),
      offsets: loaded.whole("history/offsets"),
      item: loaded.whole("history/item"),
    };
  },
};

/** Items of each user in the order in which they stand. */
function inOrder({ user, item, userCount }: Interactions): { offsets: Int32Array; item: Int32Array } {
  const offsets = new Int32Array(userCount + 1);
  for (const u of user) offsets[u + 1]!++;
  for (let u = 0; u < userCount; u++) offsets[u + 1]! += offsets[u]!;
  const next = offsets.slice();
  const ordered = new Int32Array(item.length);
  for (let i = 0; i < item.length; i++) ordered[next[user[i]!]!++] = item[i]!;
  return { offsets, item: ordered };
}
