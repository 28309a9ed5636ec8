/** A deterministic policy from a function that fills one page. Deterministic, so propensities are 1. */
import { emptySlates, liveOn, sourceCode } from "../../serving/slates.js";
import type { CandidateSource, Impressions, Policy, RequestBatch, SlateBatch } from "../../types.js";
import type { World } from "../../world/index.js";

/** Puts the best of the videos 0 … `live − 1` into `page`, which begins as all -1. */
export type FillPage = (
  user: number,
  live: number,
  page: Int32Array,
  context: { readonly timeMs: number; readonly device: number },
) => void;

/** Makes the policy. `apply` is called for each answered batch. */
export function pageByPage(
  name: string,
  { catalogue, config: { slots } }: Pick<World, "catalogue" | "config">,
  source: CandidateSource,
  fill: FillPage,
  apply: (events: Impressions) => void = () => undefined,
): Policy {
  return {
    name,
    openDay: () => undefined,
    apply,
    recommend(requests: RequestBatch): SlateBatch {
      const slates = emptySlates(requests.count, slots);
      const live = liveOn(catalogue, requests.day);
      slates.source.fill(sourceCode(source));
      for (let row = 0; row < requests.count; row++)
        fill(requests.user[row]!, live, slates.video.subarray(row * slots, (row + 1) * slots), {
          timeMs: requests.timeMs[row]!,
          device: requests.device[row]!,
        });
      return slates;
    },
  };
}
