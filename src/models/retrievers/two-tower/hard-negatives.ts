/**
 * Hard negatives of two towers: for each positive some of the videos that its query, as it is now, finds close (Xiong et al., 2021), so
 * that what is easily mistaken is told apart, which few uniform draws among many videos ever show.
 *
 * All candidates as of the last snapshot are embedded once per epoch. A step searches them exactly with its queries and draws among the
 * ranks that are wanted, each eligible video of a row alike. The draws are columns of the whole batch; a column's rate m_j = Σ_rows
 * draws / eligible over the rows it is eligible for is known exactly, however old the embeddings are, so the correction is as exact as
 * without them.
 */
import { hardDrawRates, hardNegatives } from "../../../data/sets/negatives.js";
import { hash32, keyOf } from "../../../random.js";
import { gatherInput } from "../../network/layers/embedding.js";
import type { EncodedRows } from "../../network/encoding.js";
import { evaluateTensors } from "../../network/layers/layers.js";
import { tensorflow } from "../../network/tensor.js";
import type { Tensor2D } from "../../network/tensor-types.js";
import { embed, towerForward, type Tower, type TowerConfig } from "../../network/layers/tower.js";
import { videosOf, type TwoTowerRows } from "./rows.js";

/** Hard negatives of one batch. */
export interface MinedBatch {
  readonly videos: Int32Array; // [mined]
  readonly row: Int32Array; // [mined] the row of the batch each was drawn for
  readonly rates: Float64Array; // [videos] expected draws of each video in this batch
}

/** Finds hard negatives with the towers as they are. */
export interface HardMiner {
  /** Candidates' embeddings that are searched: state of the fit. [videos, dim] */
  readonly vectors: Float32Array;
  /** Embeds the candidates anew. */
  refresh(): void;
  /** @param snapshots of each row's positive: videos that were not live then are not drawn */
  mine(queries: EncodedRows, positives: Int32Array, snapshots: Int32Array, step: number): MinedBatch;
}

/** Settings of hard negatives. */
export interface HardNegativeConfig {
  /**
   * Videos drawn for each positive, from the second epoch on, among those that its query finds at `hardRanks`; they are negatives of
   * the whole batch.
   */
  readonly hardNegatives: number;
  /**
   * First and last rank (from 0, the last not included) hard negatives are drawn from; the very top are often what the user would have
   * liked, too.
   */
  readonly hardRanks: readonly [number, number];
}

/** Two towers that are being trained. */
interface Towers {
  readonly config: TowerConfig & HardNegativeConfig;
  readonly query: Tower;
  readonly candidate: Tower;
}

/** @param live videos by snapshot @throws Error on ranks that no video has */
export function hardMiner(
  { config, query, candidate }: Towers,
  rows: TwoTowerRows,
  live: readonly number[],
): HardMiner {
  const { schema, categories, numbers } = rows.candidates;
  const count = videosOf(rows);
  const last = (rows.candidates.count / count - 1) * count; // first row of the last snapshot
  const newest = {
    schema,
    count,
    categories: categories.subarray(last * schema.categories.length),
    numbers: numbers.subarray(last * schema.numbers.length),
  };
  const vectors = new Float32Array(count * config.dim);
  const [skip, end] = config.hardRanks;
  if (!(Number.isInteger(skip) && Number.isInteger(end) && skip >= 0 && end > skip && skip < count))
    throw new Error(
      `hardRanks is ${skip}, ${end} for ${count} videos; allowed: whole numbers from 0, the second above the first, a video at the first`,
    );
  const width = Math.min(end, count);
  const key = keyOf(config.seed, "two-tower/hard negatives");
  return {
    vectors,
    refresh: () => vectors.set(embed(candidate, newest)),
    mine(queries, positives, snapshots, step) {
      const [found] = evaluateTensors(
        [
          { shape: [queries.count, query.input.width], values: gatherInput(query.input, queries) },
          { shape: [count, config.dim], values: vectors },
          ...query.dense,
        ],
        (x, candidates, ...parameters) => [
          tensorflow().topk(towerForward(x as Tensor2D, parameters).matMul(candidates as Tensor2D, false, true), width)
            .indices,
        ],
      );
      const retrieved = Int32Array.from(found!, (video, at) =>
        video < live[snapshots[Math.floor(at / width)]!]! ? video : -1,
      );
      const request = { positive: positives, perRow: config.hardNegatives };
      const drawn = hardNegatives(retrieved, width, skip)({ ...request, key: hash32(key, step) });
      const taken = Int32Array.from(drawn.video.keys()).filter((at) => drawn.video[at]! >= 0);
      return {
        videos: taken.map((at) => drawn.video[at]!),
        row: taken.map((at) => Math.floor(at / drawn.perRow)),
        rates: hardDrawRates(retrieved, width, skip, request, count),
      };
    },
  };
}
