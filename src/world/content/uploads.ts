/**
 * When videos are uploaded, and by whom. Upload days are evenly spread; each creator has own weekdays, and `uploadRhythm` is the share
 * of videos that keep to them: a video of such a day is by a creator who uploads then. Creators with more weekdays upload more.
 */
import { hash32, uniform } from "../../random.js";
import type { Day } from "../../types.js";
import { horizonDays } from "../config.js";
import type { WorldConfig } from "../config.js";
import type { Keyring } from "../keys.js";

/** Days of a week; day 0 is the first of one. */
export const weekDays = 7;

/** Upload days: a share spread over the past, the rest evenly over the log and on at the same rate. Ids are in upload order. */
export function schedule(config: WorldConfig, uploadDay: Int16Array, liveVideos: Int32Array): void {
  const atStart = Math.round(config.videos * config.videosAtStart);
  const later = config.videos - atStart;
  for (let v = 0; v < uploadDay.length; v++)
    uploadDay[v] =
      v < atStart
        ? Math.floor(((v - atStart) * config.catalogueAgeDays) / atStart)
        : Math.floor(((v - atStart) * config.days) / later);
  let live = 0;
  for (let day = 0; day < horizonDays(config); day++) {
    while (live < uploadDay.length && uploadDay[live]! <= day) live++;
    liveVideos[day] = live;
  }
}

/** Weekdays on which a creator uploads, as bits: 1 to 4 of the seven. */
export function uploadWeekdays(keys: Pick<Keyring, "creator/rhythm">, creator: number): number {
  const key = keys["creator/rhythm"];
  let days = 0;
  for (let draws = 1 + (hash32(key, creator, 0) % 4); draws > 0; draws--)
    days |= 1 << (hash32(key, creator, draws) % weekDays);
  return days;
}

/** Whether a creator uploads on the weekday of `day` (also before day 0). */
export function uploadsOn(keys: Pick<Keyring, "creator/rhythm">, creator: number, day: Day): boolean {
  return ((uploadWeekdays(keys, creator) >> (((day % weekDays) + weekDays) % weekDays)) & 1) === 1;
}

/** Whether a video keeps to its creator's rhythm. */
export function keepsRhythm(config: WorldConfig, keys: Pick<Keyring, "creator/rhythm">, video: number): boolean {
  return config.uploadRhythm > 0 && uniform(keys["creator/rhythm"], video, -1) < config.uploadRhythm;
}

/** Number of creators drawn for one video before the next one in order is taken. */
const attempts = 48;

/** The creator of a video that is uploaded on `day`, other than `not` where there is another. */
export function creatorOf(config: WorldConfig, keys: Keyring, video: number, day: Day, not = -1): number {
  const rhythm = keepsRhythm(config, keys, video);
  const allowed = (creator: number): boolean => creator !== not && (!rhythm || uploadsOn(keys, creator, day));
  let creator = drawn(config, keys, video, 0);
  for (let i = 1; i < attempts && !allowed(creator); i++) creator = drawn(config, keys, video, i);
  // So few creators that no draw fits: the next one in order, or, if none uploads on this weekday, the creator drawn.
  for (let step = 0; step < config.creators; step++) {
    const next = (creator + step) % config.creators;
    if (allowed(next)) return next;
  }
  return creator === not ? (creator + 1) % config.creators : creator;
}

/** One draw of a creator: few upload most (`creatorSkew`). */
function drawn(config: WorldConfig, keys: Keyring, video: number, attempt: number): number {
  return Math.min(
    config.creators - 1,
    Math.floor(config.creators * Math.pow(uniform(keys["video/creator"], video, attempt), config.creatorSkew)),
  );
}
