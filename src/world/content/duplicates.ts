/**
 * Near-duplicates: a share `nearDuplicates` of videos repeats an earlier one. Half are near-copies by the same creator, half are
 * re-uploads by another one, of slightly lower quality (filmed from a screen). A copy of a copy counts as a copy of the first, so that
 * `original` never chains. The label is a fresh draw: duplicates may have different labels.
 */
import { normal, uniform, uniformInt } from "../../random.js";
import { keepsRhythm, uploadsOn } from "./uploads.js";
import { latentDim, trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";

/** Length of the latent step from an original to its copy. */
const latentStep = 0.02;
/** Earlier videos tried for one whose creator uploads on the day. */
const attempts = 24;

/** The video that `video` repeats and whether by the same creator; undefined: it is new. Earlier videos must be filled already. */
export function repeats(
  state: WorldState,
  video: number,
): { readonly original: number; readonly sameCreator: boolean } | undefined {
  const { config, keys, catalogue } = state;
  const key = keys["video/duplicate"];
  if (video === 0 || uniform(key, video, 0) >= config.nearDuplicates) return undefined;
  const source = (attempt: number): number => state.videos.original[uniformInt(video, key, video, 1, attempt)]!;
  if (uniform(key, video, 2) < 0.5) {
    const day = catalogue.videos.uploadDay[video]!;
    for (let i = 0; i < attempts; i++) {
      const original = source(i);
      if (!keepsRhythm(config, keys, video) || uploadsOn(keys, catalogue.videos.creator[original]!, day))
        return { original, sameCreator: true };
    }
  }
  return { original: source(0), sameCreator: config.creators === 1 };
}

/** Fills a duplicate's traits from its original's. Duration within 3 s, in the bounds of the format. */
export function copyTraits(state: WorldState, video: number, original: number, sameCreator: boolean): void {
  const { keys, traits } = state;
  const [to, from] = [video * traitWidth, original * traitWidth];
  const key = keys["video/duplicate"];
  for (let d = 0; d < latentDim; d++)
    traits[to + d] = traits[from + d]! + (latentStep / Math.sqrt(latentDim)) * normal(key, video, 3, d);
  const loss = sameCreator ? 0.1 * (uniform(key, video, 4) - 0.5) : 0.15 + 0.3 * uniform(key, video, 4);
  const short = traits[from + trait.short]!;
  const [least, most] = short === 1 ? [15_000, 60_000] : [180_000, 1_200_000];
  const longer = Math.round(3_000 * (2 * uniform(key, video, 5) - 1));
  const durationMs = Math.min(most, Math.max(least, traits[from + trait.durationMs]! + longer));
  traits[to + trait.quality] = Math.max(-2, Math.min(2, traits[from + trait.quality]! - loss));
  traits[to + trait.looks] = Math.max(-2, Math.min(2, traits[from + trait.looks]! - 0.5 * loss));
  traits[to + trait.bait] = traits[from + trait.bait]!;
  traits[to + trait.logLength] = Math.log(durationMs / 60_000);
  traits[to + trait.short] = short;
  traits[to + trait.topic] = traits[from + trait.topic]!;
  traits[to + trait.language] = traits[from + trait.language]!;
  traits[to + trait.durationMs] = durationMs;
}
