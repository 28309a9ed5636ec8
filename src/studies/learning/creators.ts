/**
 * Creators who answer incentives. Each midnight the clickbait of all creators moves by `speed` times what the platform rewarded: the
 * mean clickbait of what was shown, less that of what was uploaded. What moves is added to a video's own clickbait, which stays in [0, 1].
 */
import type { Catalogue, Impressions } from "../../types.js";
import type { Behaviour, Oracle, WorldConfig } from "../../world/index.js";

/** Clickbait that creators have added so far. */
export interface CreatorsAnswer {
  /** To open the world with. */
  readonly behaviour: Behaviour;
  /** To be called once, with the world's oracle and catalogue. */
  know(oracle: Oracle, catalogue: Catalogue): void;
  /** Added clickbait, the same for all creators; set to continue a run. */
  shift: number;
  /** A video's clickbait as it is now, in [0, 1]. */
  bait(video: number): number;
  /** Midnight. */
  answer(events: Impressions, live: number, speed: number): void;
}

/** A world's creators, who have not answered yet. */
export function openCreators({ clickBait, watchBait, regret }: WorldConfig): CreatorsAnswer {
  let own = new Float32Array(0);
  const more = (video: number): number => (video < 0 ? 0 : creators.bait(video) - own[video]!);
  const creators: CreatorsAnswer = {
    shift: 0,
    behaviour: {
      clickLogit: (given, { video }) => given + clickBait * more(video),
      watchMean: (given, { video }) => given / (given + (1 - given) * Math.exp(watchBait * more(video))),
      enjoyment: (given, { video }) => given - regret * more(video),
    },
    know(oracle, { videos }): void {
      own = Float32Array.from({ length: videos.count }, (_, v) => oracle.video(v).clickbait);
    },
    bait: (video) => Math.max(0, Math.min(1, own[video]! + creators.shift)),
    answer(events, live, speed): void {
      let [shown, all] = [0, 0];
      for (let i = 0; i < events.count; i++) shown += creators.bait(events.video[i]!) / events.count;
      for (let v = 0; v < live; v++) all += creators.bait(v) / live;
      if (events.count > 0) creators.shift = Math.max(-1, Math.min(1, creators.shift + speed * (shown - all)));
    },
  };
  return creators;
}
