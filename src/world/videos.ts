/**
 * Makes creators and videos. A video's latent vector is topic centroid + creator offset + its own offset; quality and
 * clickbait follow the creator; looks (what shows before a click) follow quality only partly. Format is short (15–60 s) or
 * long (3–20 min, log-normal around 6 min).
 */
import { languages } from "../types.js";
import { normal, uniform, uniformInt } from "../random.js";
import type { WorldConfig } from "./config.js";
import { horizonDays } from "./config.js";
import { latentDim, trait, traitWidth } from "./state.js";
import type { WorldState } from "./state.js";
import { centroids, cumulative, pick, supply } from "./topics.js";

/** Share of creators by language, in the order of `languages`. */
const languageShares: Float64Array = cumulative([0.42, 0.18, 0.12, 0.12, 0.08, 0.08], 0, languages.length);

/** Fills the public and hidden columns of all videos of the horizon. Each video's facts depend on its id and creator only. */
export function makeVideos(state: WorldState): void {
  const { config, keys, catalogue, traits } = state;
  const { videos } = catalogue;
  const centre = centroids(config.topics, latentDim, keys.centroid);
  const topicShares = supply(config, keys);
  const unit = 1 / Math.sqrt(latentDim); // a vector of latentDim standard normals times this has length about 1
  for (let v = 0; v < videos.count; v++) {
    const creator = Math.min(config.creators - 1, Math.floor(config.creators * Math.pow(uniform(keys["video/creator"], v), config.creatorSkew)));
    const topic = pick(topicShares, 0, config.topics, uniform(keys["creator/topic"], creator));
    const row = v * traitWidth;
    for (let d = 0; d < latentDim; d++) {
      const offset = config.creatorSpread * normal(keys["creator/offset"], creator, d) + config.videoSpread * normal(keys["video/offset"], v, d);
      traits[row + d] = (centre[topic * latentDim + d] as number) + unit * offset;
    }
    const made = blend(config.qualityFromCreator, normal(keys["creator/quality"], creator), normal(keys["video/quality"], v));
    const habit = Math.pow(uniform(keys["creator/bait"], creator), config.baitSkew);
    const own = Math.pow(uniform(keys["video/bait"], v), config.baitSkew);
    const short = uniform(keys["video/format"], v) < config.shortShare;
    const durationMs = short ? Math.round(15_000 + 45_000 * uniform(keys["video/duration"], v)) : longMs(normal(keys["video/duration"], v));
    const spoken = pick(languageShares, 0, languages.length, uniform(keys["creator/language"], creator));
    const foreign = uniform(keys["video/language"], v, 0) < config.foreign;
    const language = foreign ? uniformInt(languages.length, keys["video/language"], v, 1) : spoken;
    const mislabelled = uniform(keys["video/label"], v, 0) < config.mislabelled;
    const wrong = (topic + 1 + uniformInt(config.topics - 1, keys["video/label"], v, 1)) % config.topics;

    traits[row + trait.looks] = bounded(blend(config.looksFromQuality, made, normal(keys["video/looks"], v)));
    traits[row + trait.quality] = bounded(made);
    traits[row + trait.bait] = config.baitFromCreator * habit + (1 - config.baitFromCreator) * own;
    traits[row + trait.logLength] = Math.log(durationMs / 60_000);
    traits[row + trait.short] = short ? 1 : 0;
    traits[row + trait.topic] = topic;
    traits[row + trait.language] = language;
    traits[row + trait.durationMs] = durationMs;
    videos.creator[v] = creator;
    videos.topic[v] = mislabelled ? wrong : topic;
    videos.durationMs[v] = durationMs;
    videos.language[v] = language;
    videos.sponsored[v] = uniform(keys["video/sponsored"], v) < config.sponsored ? 1 : 0;
  }
  schedule(config, videos.uploadDay, catalogue.liveVideos);
}

/** Upload days: a share spread over the past, the rest evenly over the log and on at the same rate. Ids are in upload order. */
function schedule(config: WorldConfig, uploadDay: Int16Array, liveVideos: Int32Array): void {
  const atStart = Math.round(config.videos * config.videosAtStart);
  const later = config.videos - atStart;
  for (let v = 0; v < uploadDay.length; v++)
    uploadDay[v] = v < atStart ? Math.floor(((v - atStart) * config.catalogueAgeDays) / atStart) : Math.floor(((v - atStart) * config.days) / later);
  let live = 0;
  for (let day = 0; day < horizonDays(config); day++) {
    while (live < uploadDay.length && (uploadDay[live] as number) <= day) live++;
    liveVideos[day] = live;
  }
}

/** Two standard normals with correlation `share` to the first: again standard normal. */
function blend(share: number, first: number, second: number): number {
  return share * first + Math.sqrt(1 - share * share) * second;
}

/** Keeps a standard normal within ±2: among many videos the best should be good, not fabulous. */
function bounded(z: number): number {
  return z / Math.sqrt(1 + (z * z) / 4);
}

/** Long format: log-normal with median 6 min, held within 3–20 min. */
function longMs(z: number): number {
  return Math.round(Math.min(1_200_000, Math.max(180_000, 360_000 * Math.exp(0.45 * z))));
}
