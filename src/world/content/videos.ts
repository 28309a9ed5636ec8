/**
 * Fills the creators' and videos' columns. A video's latent vector is topic centroid + creator offset + its own offset; quality and
 * clickbait follow the creator; looks (what shows before a click) follow quality only partly. Format is short (15–60 s) or
 * long (3–20 min, log-normal around 6 min). Who uploads when: `uploads.ts`; copies of earlier videos: `duplicates.ts`.
 */
import { languages } from "../../types.js";
import { normal, uniform, uniformInt } from "../../random.js";
import { copyTraits, repeats } from "./duplicates.js";
import { latentDim, trait, traitWidth } from "../state.js";
import type { WorldState } from "../state.js";
import { cumulative, familiesOf, pick, supply, topicCentroids } from "./topics.js";
import { creatorOf, schedule } from "./uploads.js";

/** Share of creators by language, in the order of `languages`. */
const languageShares: Float64Array = cumulative([0.42, 0.18, 0.12, 0.12, 0.08, 0.08], 0, languages.length);

/**
 * Fills the public and hidden columns of all videos of the horizon. Each video's facts depend only on its id, its upload day, its creator
 * and, if it is a copy, its original.
 */
export function makeVideos(state: WorldState): void {
  const { config, keys, catalogue, traits } = state;
  const { videos } = catalogue;
  const centre = topicCentroids(config, latentDim, keys);
  const topicShares = supply(config, keys);
  const families = familiesOf(config);
  schedule(config, videos.uploadDay, catalogue.liveVideos);
  for (let v = 0; v < videos.count; v++) {
    const day = videos.uploadDay[v]!;
    const copied = repeats(state, v);
    if (copied) {
      const source = videos.creator[copied.original]!;
      videos.creator[v] = copied.sameCreator ? source : creatorOf(config, keys, v, day, source);
      copyTraits(state, v, copied.original, copied.sameCreator);
    } else {
      const creator = creatorOf(config, keys, v, day);
      videos.creator[v] = creator;
      newTraits(
        state,
        centre,
        v,
        creator,
        pick(topicShares, 0, config.topics, uniform(keys["creator/topic"], creator)),
      );
    }
    const row = v * traitWidth;
    state.videos.original[v] = copied ? copied.original : v;
    videos.topic[v] = label(state, families, v, traits[row + trait.topic]!);
    videos.durationMs[v] = traits[row + trait.durationMs]!;
    videos.language[v] = traits[row + trait.language]!;
    videos.sponsored[v] = uniform(keys["video/sponsored"], v) < config.sponsored ? 1 : 0;
  }
}

/** Fills the traits of a video that repeats no other. */
function newTraits(
  { config, keys, traits }: WorldState,
  centre: Float64Array,
  v: number,
  creator: number,
  topic: number,
): void {
  const unit = 1 / Math.sqrt(latentDim); // a vector of latentDim standard normals times this has length about 1
  const row = v * traitWidth;
  for (let d = 0; d < latentDim; d++) {
    const offset =
      config.creatorSpread * normal(keys["creator/offset"], creator, d) +
      config.videoSpread * normal(keys["video/offset"], v, d);
    traits[row + d] = centre[topic * latentDim + d]! + unit * offset;
  }
  const made = blend(
    config.qualityFromCreator,
    normal(keys["creator/quality"], creator),
    normal(keys["video/quality"], v),
  );
  const habit = Math.pow(uniform(keys["creator/bait"], creator), config.baitSkew);
  const own = Math.pow(uniform(keys["video/bait"], v), config.baitSkew);
  const short = uniform(keys["video/format"], v) < config.shortShare;
  const durationMs = short
    ? Math.round(15_000 + 45_000 * uniform(keys["video/duration"], v))
    : longMs(normal(keys["video/duration"], v));
  const spoken = pick(languageShares, 0, languages.length, uniform(keys["creator/language"], creator));
  const foreign = uniform(keys["video/language"], v, 0) < config.foreign;

  traits[row + trait.looks] = bounded(blend(config.looksFromQuality, made, normal(keys["video/looks"], v)));
  traits[row + trait.quality] = bounded(made);
  traits[row + trait.bait] = config.baitFromCreator * habit + (1 - config.baitFromCreator) * own;
  traits[row + trait.logLength] = Math.log(durationMs / 60_000);
  traits[row + trait.short] = short ? 1 : 0;
  traits[row + trait.topic] = topic;
  traits[row + trait.language] = foreign ? uniformInt(languages.length, keys["video/language"], v, 1) : spoken;
  traits[row + trait.durationMs] = durationMs;
}

/** Share of wrong labels that name a topic of the same family, where families are on. */
const siblingShare = 0.75;

/** The topic as the uploader labels it: sometimes wrong, and then mostly a related topic. */
function label({ config, keys }: WorldState, families: Uint8Array, v: number, topic: number): number {
  const key = keys["video/label"];
  if (uniform(key, v, 0) >= config.mislabelled) return topic;
  if (config.familyShare > 0 && uniform(key, v, 2) < siblingShare) {
    let siblings = 0;
    for (let t = 0; t < config.topics; t++) if (t !== topic && families[t] === families[topic]) siblings++;
    let nth = siblings > 0 ? uniformInt(siblings, key, v, 3) : -1;
    for (let t = 0; nth >= 0 && t < config.topics; t++)
      if (t !== topic && families[t] === families[topic] && nth-- === 0) return t;
  }
  return (topic + 1 + uniformInt(config.topics - 1, key, v, 1)) % config.topics;
}

/** Two standard normals with correlation `share` to the first: again standard normal. */
function blend(share: number, first: number, second: number): number {
  return share * first + Math.sqrt(1 - share * share) * second;
}

/** Keeps a standard normal within ±2: among many videos the best should be good, not extreme. */
function bounded(z: number): number {
  return z / Math.sqrt(1 + (z * z) / 4);
}

/** Long format: log-normal with median 6 min, held within 3–20 min. */
function longMs(z: number): number {
  return Math.round(Math.min(1_200_000, Math.max(180_000, 360_000 * Math.exp(0.45 * z))));
}
