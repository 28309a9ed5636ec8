/**
 * Item-based nearest neighbours by co-visitation. Takes who took what; scores an item for a user by how alike it is to what the user
 * took; each item keeps its `neighbours` largest similarities:
 *
 *     score(u, i) = Σ_{j ∈ items(u), kept} weight(u, j) · similarity(i, j)
 *     cosine:      similarity(i, j) = c_ij / (‖i‖ ‖j‖ + shrinkage)       kept for each i        (Sarwar et al., 2001)
 *     conditional: similarity(i, j) = c_ij / (s_j · s_i^α + shrinkage)    kept for each j: P(i | j), popular i damped
 *                                                                        (Deshpande & Karypis, 2004)
 *
 * with c_ij = Σ_u w_ui w_uj, ‖i‖² = c_ii and s_i = Σ_u w_ui. Shrinkage draws similarities of rarely seen pairs to 0 (Bell &
 * Koren, 2007).
 */
import type { RunControl } from "../../types.js";
import { loadArrays, realArray, saveArrays, wholeArray } from "../network/training/model-files.js";
import { checkKnown, checkSettings, checkUsers } from "../contract/inputs.js";
import type { RetrieverKind } from "../contract/kinds.js";
import { byItem, byUser, checkInteractions, type Interactions, type SparseRows } from "./interactions.js";

/** Settings of `fitItemKnn`; all JSON. */
export interface ItemKnnConfig {
  readonly similarity: "cosine" | "conditional";
  /** Most alike items kept for each item. */
  readonly neighbours: number;
  /** Added to the denominator, in units of it. */
  readonly shrinkage: number;
  /** α of the conditional similarity. */
  readonly damping: number;
}

/** Defaults of `fitItemKnn`. */
export const itemKnnDefaults: ItemKnnConfig = { similarity: "cosine", neighbours: 200, shrinkage: 20, damping: 0.5 };

/** Neighbour lists and what each user took. */
export interface ItemKnn {
  readonly kind: "item-knn";
  readonly config: ItemKnnConfig;
  readonly itemCount: number;
  /** By source item j: the items i for which similarity(i, j) was kept. */
  readonly targets: SparseRows;
  readonly history: SparseRows; // by user
}

/**
 * Counts co-visits; O(Σ_users items²) time, O(items × neighbours) memory.
 * @throws Error on bad interactions or settings; the signal's reason on abort
 */
export async function fitItemKnn(
  rows: Interactions,
  options: Partial<ItemKnnConfig> = {},
  control: RunControl = {},
): Promise<ItemKnn> {
  const config: ItemKnnConfig = { ...itemKnnDefaults, ...options };
  checkSettings(config, {
    neighbours: { least: 1, whole: true },
    shrinkage: { least: 0 },
    damping: { least: 0, most: 1 },
  });
  checkKnown("similarity", config.similarity, ["cosine", "conditional"]);
  checkInteractions(rows);
  const history = byUser(rows);
  const visitors = byItem(rows);
  const { itemCount } = rows;
  const scale = denominators(visitors, itemCount, config);
  const sums = new Float64Array(itemCount);
  const touched = new Int32Array(itemCount);
  const k = Math.min(config.neighbours, itemCount);
  const neighbours = new Int32Array(itemCount * k).fill(-1);
  const similarities = new Float32Array(itemCount * k);
  for (let i = 0; i < itemCount; i++) {
    if (i % 256 === 0) {
      control.onProgress?.("item-knn", i, itemCount);
      await new Promise<void>((resolve) => setImmediate(resolve));
      control.signal?.throwIfAborted();
    }
    let count = 0;
    for (let at = visitors.offsets[i]!; at < visitors.offsets[i + 1]!; at++) {
      const user = visitors.ids[at]!;
      const weight = visitors.weights[at]!;
      for (let of = history.offsets[user]!; of < history.offsets[user + 1]!; of++) {
        const j = history.ids[of]!;
        if (j === i) continue;
        if (sums[j] === 0) touched[count++] = j;
        sums[j]! += weight * history.weights[of]!;
      }
    }
    const found = touched.subarray(0, count).sort(); // ascending: ties go to the smaller id
    for (let t = 0, filled = 0; t < count; t++) {
      const j = found[t]!;
      const similarity = Math.fround(sums[j]! / (scale.own[i]! * scale.other[j]! + config.shrinkage));
      sums[j] = 0;
      if (filled === k && similarity <= similarities[i * k + k - 1]!) continue;
      let at = i * k + (filled < k ? filled++ : k - 1);
      for (; at > i * k && similarities[at - 1]! < similarity; at--) {
        similarities[at] = similarities[at - 1]!;
        neighbours[at] = neighbours[at - 1]!;
      }
      similarities[at] = similarity;
      neighbours[at] = j;
    }
  }
  control.onProgress?.("item-knn", itemCount, itemCount);
  return {
    kind: "item-knn",
    config,
    itemCount,
    targets: bySource(neighbours, similarities, itemCount, k, config.similarity === "cosine"),
    history,
  };
}

/** Scores of all items, [users, items]. A user who took nothing scores 0 everywhere. @throws Error on a user out of range */
export function scoreItemKnn({ history, targets, itemCount }: ItemKnn, users: Int32Array): Float32Array {
  checkUsers(users, history.offsets.length - 1);
  const scores = new Float32Array(users.length * itemCount);
  const sums = new Float64Array(itemCount);
  for (let u = 0; u < users.length; u++) {
    sums.fill(0);
    for (let at = history.offsets[users[u]!]!; at < history.offsets[users[u]! + 1]!; at++) {
      const j = history.ids[at]!;
      const weight = history.weights[at]!;
      for (let to = targets.offsets[j]!; to < targets.offsets[j + 1]!; to++)
        sums[targets.ids[to]!]! += weight * targets.weights[to]!;
    }
    scores.set(sums, u * itemCount);
  }
  return scores;
}

/** Item-kNN under the contract of retrievers. */
export const itemKnn: RetrieverKind<ItemKnn, ItemKnnConfig> = {
  kind: "item-knn",
  defaults: itemKnnDefaults,
  fit: fitItemKnn,
  itemCount: ({ itemCount }) => itemCount,
  score: scoreItemKnn,
  save: ({ config, itemCount, targets, history }, dir) =>
    saveArrays(
      dir,
      "item-knn",
      { config, extra: { itemCount } },
      Object.entries({ targets, history }).flatMap(([name, rows]) => [
        wholeArray(`${name}/offsets`, rows.offsets),
        wholeArray(`${name}/ids`, rows.ids),
        realArray(`${name}/weights`, [rows.weights.length], rows.weights),
      ]),
    ),
  async load(dir) {
    const { card, real, whole } = await loadArrays(dir, "item-knn");
    const rows = (name: string): SparseRows => ({
      offsets: whole(`${name}/offsets`),
      ids: whole(`${name}/ids`),
      weights: real(`${name}/weights`),
    });
    return {
      kind: "item-knn",
      config: card.config as unknown as ItemKnnConfig,
      itemCount: Number(card.extra.itemCount),
      targets: rows("targets"),
      history: rows("history"),
    };
  },
};

/** similarity = c / (own · other + shrinkage), `own` of the item that keeps the list. */
function denominators(
  visitors: SparseRows,
  itemCount: number,
  config: ItemKnnConfig,
): { own: Float64Array; other: Float64Array } {
  const norms = new Float64Array(itemCount);
  const sums = new Float64Array(itemCount);
  for (let i = 0; i < itemCount; i++) {
    for (let at = visitors.offsets[i]!; at < visitors.offsets[i + 1]!; at++) {
      norms[i]! += visitors.weights[at]! ** 2;
      sums[i]! += visitors.weights[at]!;
    }
    norms[i] = Math.sqrt(norms[i]!);
  }
  return config.similarity === "cosine"
    ? { own: norms, other: norms }
    : { own: sums, other: sums.map((sum) => sum ** config.damping) };
}

/**
 * Lists [items, k], −1 pads, to sparse rows by source item: turned around where it is the target that keeps the list. Targets
 * ascending.
 */
function bySource(
  kept: Int32Array,
  similarities: Float32Array,
  itemCount: number,
  k: number,
  turn: boolean,
): SparseRows {
  const cells = turn ? undefined : sortedCells(kept, itemCount, k);
  const offsets = new Int32Array(itemCount + 1);
  for (let at = 0; at < kept.length; at++) if (kept[at]! >= 0) offsets[(turn ? kept[at]! : Math.floor(at / k)) + 1]!++;
  for (let j = 0; j < itemCount; j++) offsets[j + 1]! += offsets[j]!;
  const next = offsets.slice();
  const ids = new Int32Array(offsets[itemCount]!);
  const weights = new Float32Array(ids.length);
  for (let i = 0; i < kept.length; i++) {
    const at = cells === undefined ? i : cells[i]!;
    if (kept[at]! < 0) continue;
    const owner = Math.floor(at / k);
    const to = next[turn ? kept[at]! : owner]!++;
    ids[to] = turn ? owner : kept[at]!;
    weights[to] = similarities[at]!;
  }
  return { offsets, ids, weights };
}

/** Cells of each list in ascending order of the item they hold. */
function sortedCells(kept: Int32Array, itemCount: number, k: number): Int32Array {
  const cells = Int32Array.from(kept, (_, at) => at);
  for (let i = 0; i < itemCount; i++) cells.subarray(i * k, (i + 1) * k).sort((a, b) => kept[a]! - kept[b]!);
  return cells;
}
