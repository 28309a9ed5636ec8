/**
 * Everything that can be set about the world, in one flat record. Sizes come from `brief/scale`; behaviour constants and
 * what was measured with them are in `defaults.ts`. `checkConfig` is the border: a bad field is refused with its name,
 * its value and what is allowed.
 */
import { z } from "zod";
import type { Day } from "../types.js";

/**
 * A change point of known day. `concept`: a share of all taste modes jumps to other topics. `covariate`: a share of visits
 * moves to another device. `prior`: all topics shift in popularity for everybody. Sudden and lasting.
 */
export interface DriftEvent {
  readonly day: Day;
  readonly kind: "concept" | "covariate" | "prior";
  readonly strength: number; // 0 … 1: share of modes (concept), share of visits (covariate), in units of `priorShock` (prior)
}

/** Kinds of drift event. */
export const driftKinds = ["concept", "covariate", "prior"] as const;

/** The world's sizes and behaviour constants. Logits are natural log odds; shares and probabilities are in [0, 1]. */
export interface WorldConfig {
  // Sizes
  readonly users: number; // accounts by the end of day `days - 1`
  readonly videos: number; // uploaded by the end of day `days - 1`
  readonly days: number; // days of the log
  readonly extraDays: number; // further days for which newcomers and uploads arrive
  readonly slots: number; // videos a page
  readonly topics: number;
  readonly creators: number;
  readonly tasteStrength: number; // multiplies every user-specific term; 0: one order of videos for all
  readonly drift: readonly DriftEvent[];

  // Topics, creators, videos
  readonly videosAtStart: number; // share of `videos` uploaded before day 0
  readonly catalogueAgeDays: number; // days over which those were uploaded
  readonly topicSkew: number; // Zipf exponent of topics among creators
  readonly creatorSkew: number; // ≥ 1: 1 = equal uploads, larger = few creators upload most
  readonly creatorSpread: number; // length of a creator's latent offset from its topic (centroids have length 1)
  readonly videoSpread: number; // length of a video's own latent offset
  readonly qualityFromCreator: number; // correlation of a video's quality with its creator's
  readonly baitFromCreator: number; // share of clickbait that is the creator's habit
  readonly baitSkew: number; // exponent of a creator's clickbait habit u^skew: larger = rarer
  readonly looksFromQuality: number; // correlation of looks (what a thumbnail shows) with quality
  readonly shortShare: number; // share of short videos
  readonly mislabelled: number; // share of videos whose topic label is wrong
  readonly foreign: number; // share of videos not in the creator's language
  readonly sponsored: number; // share of videos that sell something

  // Users
  readonly usersAtStart: number; // share of `users` whose account exists before day 0
  readonly thirdTaste: number; // share of users with three taste modes (the others have two)
  readonly metadataTaste: number; // sd, in logits, of age band and region over the topics of taste modes
  readonly tasteSpread: number; // length of the personal offset of a taste mode from its topic
  readonly secondWeight: number; // weight of the second mode (the first has 1)
  readonly thirdWeight: number;
  readonly bilingual: number; // share of users who also understand language 0 (en)
  readonly lengthTaste: number; // sd, in logits, of a user's taste for long over short videos
  readonly clickBias: number; // sd, in logits, of a user's readiness to click
  readonly baitSpread: number; // relative sd of susceptibility to clickbait (mean 1)

  // Choice: click given examination
  readonly examinationDecay: number; // mean η of P(examined at k) = (k + 1)^-η
  readonly examinationSpread: number; // relative sd of η over users
  readonly clickBase: number; // logit
  readonly clickTaste: number; // logits a unit of affinity
  readonly clickLooks: number; // logits a sd of looks
  readonly clickBait: number; // logits at clickbait 1
  readonly clickShort: number; // logits for a short video
  readonly contextEffect: number; // scale of the format × device × hour table, logits
  readonly languageGate: number; // logits lost in a language the user does not understand
  readonly languageDamping: number; // affinity is multiplied by this in such a language
  readonly interestFrom: number; // ⟨mode, video⟩ up to which there is no interest
  readonly interestFull: number; // ⟨mode, video⟩ from which interest is full; above `interestFrom`
  readonly tasteCentre: number; // affinity at which taste neither adds nor takes

  // Watch given click
  readonly watchBase: number; // logit of the mean watched fraction of a minute-long video
  readonly watchTaste: number; // logits a unit of affinity
  readonly watchQuality: number; // logits a sd of quality
  readonly watchBait: number; // logits lost at clickbait 1
  readonly watchLength: number; // logits lost a factor e in length
  readonly watchGate: number; // logits lost in a language the user does not understand
  readonly completion: number; // γ: P(watched to the end) = γ × mean fraction

  // Satiation and trend
  readonly topicSatiation: number; // logits lost a unit of satiation
  readonly satiationGain: number; // units a fully watched video adds to its topic
  readonly satiationKept: number; // share kept over a midnight
  readonly rewatch: number; // click logits lost for a video the user has watched lately
  readonly trendGain: number; // logits a unit of log share of yesterday's clicks
  readonly trendKept: number; // share of a topic's trend kept a day
  readonly trendLimit: number; // logits: bound of the trend
  readonly priorShock: number; // sd, in logits, of a prior drift of strength 1 over topics

  // Reactions given click
  readonly likeBase: number; // logit
  readonly shareBase: number; // logit
  readonly hideBase: number; // logit
  readonly reactionSlope: number; // logits a unit of enjoyment
  readonly subscribeBase: number; // probability a click at satisfaction 0, once a user
  readonly subscribeSlope: number; // log probability a unit of satisfaction
  readonly purchaseBase: number; // logit, a click on a sponsored video
  readonly subscriptionMicros: number; // revenue of a subscription, millionths of the currency unit
  readonly purchaseMicros: number; // median revenue of a purchase

  // Satisfaction and return
  readonly joyWatch: number; // enjoyment a unit of watched fraction above what is usual for the length
  readonly joyQuality: number; // enjoyment a sd of quality
  readonly regret: number; // enjoyment lost at clickbait 1
  readonly hideRegret: number; // enjoyment lost by a hide
  readonly irrelevance: number; // satisfaction lost by a page without a click
  readonly pageWeight: number; // weight of a page in the moving average of satisfaction
  readonly visitBase: number; // mean logit of visiting on a day at satisfaction 0
  readonly visitSpread: number; // sd, in logits, of activity over users
  readonly visitSatisfaction: number; // β: logits a unit of satisfaction
  readonly laterVisit: number; // probability of one more visit on the same day (at most three)

  // Within a visit
  readonly leaveBase: number; // logit of leaving after a page of satisfaction 0
  readonly leaveSatisfaction: number; // logits a unit of page satisfaction
  readonly patienceSpread: number; // sd, in logits, of patience over users
  readonly budgetMs: number; // mean time budget of a visit
  readonly browseMs: number; // a page without watching
  readonly examineMs: number; // an examined video
  readonly deviceSwitch: number; // share of visits not on the usual device
}

type Bound = readonly [min: number, max: number, integer?: "integer"];
type NumericField = Exclude<keyof WorldConfig, "drift">;

const share: Bound = [0, 1];
const positive: Bound = [0, 20];
const logit: Bound = [-20, 20];
const count: Bound = [1, 1e7, "integer"];

const bounds: Readonly<Record<NumericField, Bound>> = {
  users: [1, 2 ** 24 - 1, "integer"], videos: count, days: [1, 3_650, "integer"], extraDays: [0, 3_650, "integer"], slots: [1, 100, "integer"],
  topics: [2, 255, "integer"], creators: count, tasteStrength: [0, 5],
  videosAtStart: share, catalogueAgeDays: [1, 10_000, "integer"], topicSkew: [0, 3], creatorSkew: [1, 10], creatorSpread: positive, videoSpread: positive,
  qualityFromCreator: share, baitFromCreator: share, baitSkew: [0, 50], looksFromQuality: share, shortShare: share, mislabelled: share, foreign: share, sponsored: share,
  usersAtStart: share, thirdTaste: share, metadataTaste: positive, tasteSpread: positive, secondWeight: share, thirdWeight: share, bilingual: share,
  lengthTaste: positive, clickBias: positive, baitSpread: [0, 2],
  examinationDecay: [0, 5], examinationSpread: [0, 2], clickBase: logit, clickTaste: positive, clickLooks: positive, clickBait: positive, clickShort: logit,
  contextEffect: positive, languageGate: positive, languageDamping: share, interestFrom: [-5, 5], interestFull: [-5, 5], tasteCentre: [-5, 5],
  watchBase: logit, watchTaste: positive, watchQuality: positive, watchBait: positive, watchLength: positive, watchGate: positive, completion: share,
  topicSatiation: positive, satiationGain: positive, satiationKept: share, rewatch: positive, trendGain: positive, trendKept: share, trendLimit: positive, priorShock: positive,
  likeBase: logit, shareBase: logit, hideBase: logit, reactionSlope: positive, subscribeBase: share, subscribeSlope: positive, purchaseBase: logit,
  subscriptionMicros: [0, 1e9, "integer"], purchaseMicros: [0, 1e8, "integer"],
  joyWatch: positive, joyQuality: positive, regret: positive, hideRegret: positive, irrelevance: positive, pageWeight: share,
  visitBase: logit, visitSpread: positive, visitSatisfaction: positive, laterVisit: share,
  leaveBase: logit, leaveSatisfaction: positive, patienceSpread: positive, budgetMs: [1_000, 86_400_000, "integer"],
  browseMs: [1, 3_600_000, "integer"], examineMs: [0, 3_600_000, "integer"], deviceSwitch: share,
};

const driftAllowed = `an array of { day: an integer in [0, days + extraDays), kind: ${driftKinds.join(" | ")}, strength: a number in [0, 1] }`;

/**
 * Returns the config if it is sound.
 * @throws RangeError naming each bad field, its value and what is allowed.
 */
export function checkConfig(config: WorldConfig): WorldConfig {
  const read = schema.safeParse(config);
  if (!read.success) throw new RangeError(`invalid world config: ${read.error.issues.map((issue) => fault(config, issue)).join("; ")}`);
  const horizon = config.days + config.extraDays;
  const late = config.drift.find((event) => event.day >= horizon);
  if (late) throw new RangeError(`invalid world config: drift: day ${late.day}; allowed: a day of the horizon, 0 … ${horizon - 1}`);
  const atStart = Math.round(config.videos * config.videosAtStart);
  if (config.slots > atStart) throw new RangeError(`invalid world config: slots: ${config.slots}; allowed: at most the ${atStart} videos of day 0`);
  if (!(config.interestFull > config.interestFrom)) throw new RangeError(`invalid world config: interestFull: ${config.interestFull}; allowed: above interestFrom, ${config.interestFrom}`);
  return config;
}

function numberIn([min, max, integer]: Bound): z.ZodType<number> {
  const base = z.number().min(min).max(max);
  return integer ? base.int() : base;
}

const schema = z.strictObject({
  ...(Object.fromEntries(Object.entries(bounds).map(([field, bound]) => [field, numberIn(bound)])) as Record<NumericField, z.ZodType<number>>),
  drift: z.array(z.strictObject({ day: z.number().int().min(0), kind: z.enum(driftKinds), strength: z.number().min(0).max(1) })),
});

function fault(config: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) return `unknown field: ${issue.keys.join(", ")}; known: ${[...Object.keys(bounds), "drift"].join(", ")}`;
  const path = issue.path.map(String);
  let value: unknown = config;
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
  const bound = bounds[path[0] as NumericField] as Bound | undefined;
  const allowed = bound ? `${bound[2] ? "an integer" : "a number"} in [${bound[0]}, ${bound[1]}]` : path[0] === "drift" ? driftAllowed : "a record of world config fields";
  const shown = typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
  return `${path.join(".") || "config"}: ${shown}; allowed: ${allowed}`;
}

/** Days of the whole horizon: the log and what may follow it. */
export function horizonDays(config: WorldConfig): number {
  return config.days + config.extraDays;
}

/** Accounts by the end of the horizon: newcomers go on at the log's daily rate. */
export function horizonUsers(config: WorldConfig): number {
  const newcomers = ((config.users * (1 - config.usersAtStart)) / config.days) * config.extraDays;
  return config.users + Math.ceil(newcomers - 1e-6); // 1 - share is not exact in binary
}

/** Videos by the end of the horizon: uploads go on at the log's daily rate. */
export function horizonVideos(config: WorldConfig): number {
  const later = config.videos - Math.round(config.videos * config.videosAtStart);
  return config.videos + Math.ceil((later / config.days) * config.extraDays);
}

