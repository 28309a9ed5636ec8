/**
 * All settings of the world, in one flat record, each with its usual value and what is allowed. Sizes come from `brief/scale`; what was
 * measured with the constants is in `defaults.ts`; `check-config.ts` refuses invalid values.
 */
import type { Day } from "../types.js";

/**
 * A change point on a known day. `concept`: a share of all taste modes jumps to other topics. `covariate`: the mix of devices or
 * of visiting regions shifts. `prior`: all topics shift in popularity for everybody. Sudden (the default), gradual over
 * `duration` days, or recurring: on for the first half of every `period` days.
 */
export interface DriftEvent {
  readonly day: Day;
  readonly kind: "concept" | "covariate" | "prior";
  readonly strength: number; // 0 … 1: share of modes (concept), share of visits (covariate), in units of `priorShock` (prior)
  readonly shape?: "sudden" | "gradual" | "recurring";
  readonly duration?: number; // days from `day` to full strength, gradual only
  readonly period?: number; // days from one onset to the next, recurring only
  readonly of?: "device" | "region"; // covariate only; default device
}

/** Kinds of drift event. */
export const driftKinds = ["concept", "covariate", "prior"] as const;
/** How a drift event starts. */
export const driftShapes = ["sudden", "gradual", "recurring"] as const;

/**
 * How a user goes through a page. `position`: each slot is examined independently (position-based model). `cascade`: top to bottom,
 * continuing or not after each video. `multinomial`: at most one click per page, against an explicit no-click mass.
 */
export const choiceModels = ["position", "cascade", "multinomial"] as const;
export type ChoiceModel = (typeof choiceModels)[number];

/** What a number may be. */
export type Bound = readonly [min: number, max: number, integer?: "integer"];

const share: Bound = [0, 1];
const positive: Bound = [0, 20];
const logit: Bound = [-20, 20];
const count: Bound = [1, 1e7, "integer"];
const table = <F extends string>(rows: Readonly<Record<F, readonly [usual: number, ...Bound]>>): typeof rows => rows;

/** The world's sizes and behaviour constants: the value at `small`, what is allowed. Logits are natural log odds. */
export const settings = table({
  // Sizes
  users: [5_000, 1, 2 ** 24 - 1, "integer"], // accounts by the end of day `days - 1`
  videos: [20_000, ...count], // uploaded by the end of day `days - 1`
  days: [14, 1, 3_650, "integer"], // days of the log
  extraDays: [12, 0, 3_650, "integer"], // further days for which newcomers and uploads arrive
  slots: [10, 1, 100, "integer"], // videos per page
  topics: [20, 2, 255, "integer"],
  creators: [1_000, ...count],
  tasteStrength: [1, 0, 5], // multiplies every user-specific term; 0: one order of videos for all

  // Topics, creators, videos
  videosAtStart: [0.7, ...share], // share of `videos` uploaded before day 0
  catalogueAgeDays: [120, 1, 10_000, "integer"], // days over which those were uploaded
  topicSkew: [0.4, 0, 3], // Zipf exponent of topics among creators
  creatorSkew: [1.5, 1, 10], // ≥ 1: 1 = equal uploads, larger = few creators upload most
  creatorSpread: [0.35, ...positive], // length of a creator's latent offset from its topic (centroids have length 1)
  videoSpread: [0.15, ...positive], // length of a video's own latent offset
  qualityFromCreator: [0.6, ...share], // correlation of a video's quality with its creator's
  baitFromCreator: [0.75, ...share], // share of clickbait that is the creator's habit
  baitSkew: [3, 0, 50], // exponent of a creator's clickbait habit u^skew: larger = rarer
  looksFromQuality: [0.6, ...share], // correlation of looks (what a thumbnail shows) with quality
  shortShare: [0.45, ...share], // share of short videos
  mislabelled: [0.08, ...share], // share of videos whose topic label is wrong
  foreign: [0.05, ...share], // share of videos not in the creator's language
  sponsored: [0.05, ...share], // share of videos that sell something
  topicFamilies: [5, 1, 255, "integer"], // families the topics are grouped in
  familyShare: [0.15, ...share], // squared share of a topic's centroid that its family has; 0: topics are unrelated
  uploadRhythm: [0.5, ...share], // 0: creators upload on any day; 1: on their own weekdays only
  nearDuplicates: [0.02, ...share], // share of videos that repeat an earlier video (half by its creator, half re-uploaded by others)

  // Users
  usersAtStart: [0.85, ...share], // share of `users` whose account exists before day 0
  thirdTaste: [0.5, ...share], // share of users with three taste modes (the others have two)
  metadataTaste: [0.8, ...positive], // sd, in logits, of age band and region over the topics of taste modes
  tasteSpread: [0.15, ...positive], // length of the personal offset of a taste mode from its topic
  secondWeight: [0.95, ...share], // weight of the second mode (the first has 1)
  thirdWeight: [0.9, ...share],
  bilingual: [0.4, ...share], // share of users who also understand language 0 (en)
  lengthTaste: [0.15, ...positive], // sd, in logits, of a user's taste for long over short videos
  clickBias: [0.3, ...positive], // sd, in logits, of a user's readiness to click
  baitSpread: [0.2, 0, 2], // relative sd of susceptibility to clickbait (mean 1)
  adToleranceSpread: [0.4, 0, 2], // relative sd of tolerance of ads (mean 1)
  botShare: [0.002, ...share], // share of accounts that are fraud (bots and click farms)

  // Choice: click given examination
  examinationDecay: [0.4, 0, 5], // mean η of P(examined at k) = (k + 1)^-η
  examinationSpread: [0.3, 0, 2], // relative sd of η over users
  cascadeContinue: [0.92, ...share], // cascade: P(continues to the next slot) after a video that was not clicked
  cascadeAfterClick: [0.8, ...share], // cascade: P(continues) after one that was
  noClickMass: [0.5, ...positive], // multinomial: weight of clicking nothing, in units of the weight of a video of logit 0
  clickBase: [-2.87, ...logit], // logit
  clickTaste: [2.2, ...positive], // logits per unit of affinity
  clickLooks: [0.45, ...positive], // logits per sd of looks
  clickBait: [1.3, ...positive], // logits at clickbait 1
  clickShort: [0.1, ...logit], // logits for a short video
  contextEffect: [0.25, ...positive], // scale of the format × device × hour table, logits
  languageGate: [0.4, ...positive], // logits lost in a language the user does not understand
  languageDamping: [0.9, ...share], // affinity is multiplied by this in such a language
  interestFrom: [0.15, -5, 5], // ⟨mode, video⟩ up to which there is no interest
  interestFull: [0.9, -5, 5], // ⟨mode, video⟩ from which interest is full; above `interestFrom`
  tasteCentre: [0.25, -5, 5], // affinity at which taste neither adds nor subtracts

  // Watch given click
  watchBase: [0.9, ...logit], // logit of the mean watched fraction of a minute-long video
  watchTaste: [1.4, ...positive], // logits per unit of affinity
  watchQuality: [0.4, ...positive], // logits per sd of quality
  watchBait: [3, ...positive], // logits lost at clickbait 1
  watchLength: [0.75, ...positive], // logits lost per factor e in length
  watchGate: [0.25, ...positive], // logits lost in a language the user does not understand
  completion: [0.5, ...share], // γ: P(watched to the end) = γ × mean fraction

  // Satiation and trend
  topicSatiation: [0.2, ...positive], // logits lost per unit of satiation
  satiationGain: [0.35, ...positive], // units a fully watched video adds to its topic
  satiationKept: [0.5, ...share], // share kept over midnight
  visitKept: [0.9, ...share], // share of satiation kept from one visit of a day to the next
  rewatch: [4, ...positive], // click logits lost for a video the user has watched lately
  trendGain: [0.05, ...positive], // logits per unit of log share of yesterday's clicks
  trendKept: [0.7, ...share], // share of a topic's trend kept per day
  trendLimit: [0.3, ...positive], // logits: bound of the trend
  priorShock: [0.8, ...positive], // sd, in logits, of a prior drift of strength 1 over topics

  // Reactions given click
  likeBase: [-2.2, ...logit], // logit
  shareBase: [-4, ...logit], // logit
  hideBase: [-4.2, ...logit], // logit
  followBase: [-4, ...logit], // logit
  followGain: [0.5, ...positive], // click logits won for videos of a followed creator
  reactionSlope: [1.5, ...positive], // logits per unit of enjoyment
  subscribeBase: [0.0012, ...share], // probability per click at satisfaction 0, once per user
  subscribeSlope: [2, ...positive], // log probability per unit of satisfaction
  purchaseBase: [-4, ...logit], // logit per click on a sponsored video
  subscriptionMicros: [9_990_000, 0, 1e9, "integer"], // revenue of a subscription, millionths of the currency unit
  purchaseMicros: [4_000_000, 0, 1e8, "integer"], // median revenue of a purchase

  // Satisfaction and return
  joyWatch: [1, ...positive], // enjoyment per unit of watched fraction above what is usual for the length
  joyQuality: [0.35, ...positive], // enjoyment per sd of quality
  regret: [0.7, ...positive], // enjoyment lost at clickbait 1
  hideRegret: [0.6, ...positive], // enjoyment lost by a hide
  irrelevance: [0.1, ...positive], // satisfaction lost by a page without a click
  pageWeight: [0.15, ...share], // weight of a page in the moving average of satisfaction
  visitBase: [0.3, ...logit], // mean logit of visiting on a day at satisfaction 0
  visitSpread: [1, ...positive], // sd, in logits, of activity over users
  visitSatisfaction: [2, ...positive], // β: logits per unit of satisfaction
  laterVisit: [0.2, ...share], // probability of one more visit on the same day (at most three)
  weekendVisits: [0.3, ...logit], // logits of visiting won at weekends (days 5 and 6 of each week)
  seasonVisits: [0.15, ...positive], // amplitude, in logits, of a yearly wave of visiting
  churnBase: [0.012, ...share], // probability, at satisfaction 0, that a visiting user leaves for good at the end of the day
  churnSlope: [2, ...positive], // log probability lost per unit of satisfaction
  tasteWalk: [0.02, ...positive], // length of the daily random step of a taste mode
  tasteReinforcement: [0.02, ...share], // share of the distance to a fully watched video that a taste mode moves

  // Ads
  campaigns: [0, 0, 10_000, "integer"], // advertisers' campaigns; 0: no ads
  adBidMicros: [120_000, 0, 1e8, "integer"], // median bid for a click, millionths of the currency unit
  adBudgetMicros: [20_000_000, 0, 2_000_000_000, "integer"], // median daily budget of a campaign
  adClickBase: [-0.5, ...logit], // logits an ad loses against the same video as content
  adIrritation: [0.05, ...positive], // satisfaction lost per ad on a page, at tolerance 1

  // Within a visit
  leaveBase: [-0.5, ...logit], // logit of leaving after a page of satisfaction 0
  leaveSatisfaction: [0.5, ...positive], // logits per unit of page satisfaction
  patienceSpread: [0.4, ...positive], // sd, in logits, of patience over users
  budgetMs: [1_500_000, 1_000, 86_400_000, "integer"], // mean time budget of a visit
  browseMs: [3_000, 1, 3_600_000, "integer"], // a page without watching
  examineMs: [1_200, 0, 3_600_000, "integer"], // an examined video
  deviceSwitch: [0.2, ...share], // share of visits not on the usual device
});

/** A number of the world's. */
export type Setting = keyof typeof settings;

/** The world's settings: a value for each of `settings`, the drift events, and how users choose. */
export type WorldConfig = Readonly<Record<Setting, number>> & {
  readonly drift: readonly DriftEvent[];
  readonly choiceModel: ChoiceModel;
};

/** Days of the whole horizon: the log and the days that may follow it. */
export function horizonDays(config: WorldConfig): number {
  return config.days + config.extraDays;
}

/** Accounts by the end of the horizon: newcomers continue at the log's daily rate. */
export function horizonUsers(config: WorldConfig): number {
  const newcomers = ((config.users * (1 - config.usersAtStart)) / config.days) * config.extraDays;
  return config.users + Math.ceil(newcomers - 1e-6); // 1 - share is not exact in binary
}

/** Videos by the end of the horizon: uploads continue at the log's daily rate. */
export function horizonVideos(config: WorldConfig): number {
  const later = config.videos - Math.round(config.videos * config.videosAtStart);
  return config.videos + Math.ceil((later / config.days) * config.extraDays);
}
