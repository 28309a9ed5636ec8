/**
 * All settings of the world, in one flat record. Sizes come from `brief/scale`; behaviour constants and
 * what was measured with them are in `defaults.ts`; `check-config.ts` refuses invalid values.
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

/** The world's sizes and behaviour constants. Logits are natural log odds; shares and probabilities are in [0, 1]. */
export interface WorldConfig {
  // Sizes
  readonly users: number; // accounts by the end of day `days - 1`
  readonly videos: number; // uploaded by the end of day `days - 1`
  readonly days: number; // days of the log
  readonly extraDays: number; // further days for which newcomers and uploads arrive
  readonly slots: number; // videos per page
  readonly topics: number;
  readonly creators: number;
  readonly tasteStrength: number; // multiplies every user-specific term; 0: one order of videos for all
  readonly drift: readonly DriftEvent[];
  readonly choiceModel: ChoiceModel;

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
  readonly topicFamilies: number; // families the topics are grouped in
  readonly familyShare: number; // squared share of a topic's centroid that its family has; 0: topics are unrelated
  readonly uploadRhythm: number; // 0: creators upload on any day; 1: on their own weekdays only
  readonly nearDuplicates: number; // share of videos that repeat an earlier video (half by its creator, half re-uploaded by others)

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
  readonly adToleranceSpread: number; // relative sd of tolerance of ads (mean 1)
  readonly botShare: number; // share of accounts that are fraud (bots and click farms)
  readonly baitSpread: number; // relative sd of susceptibility to clickbait (mean 1)

  // Choice: click given examination
  readonly examinationDecay: number; // mean η of P(examined at k) = (k + 1)^-η
  readonly examinationSpread: number; // relative sd of η over users
  readonly clickBase: number; // logit
  readonly cascadeContinue: number; // cascade: P(continues to the next slot) after a video that was not clicked
  readonly cascadeAfterClick: number; // cascade: P(continues) after one that was
  readonly noClickMass: number; // multinomial: weight of clicking nothing, in units of the weight of a video of logit 0
  readonly clickTaste: number; // logits per unit of affinity
  readonly clickLooks: number; // logits per sd of looks
  readonly clickBait: number; // logits at clickbait 1
  readonly clickShort: number; // logits for a short video
  readonly contextEffect: number; // scale of the format × device × hour table, logits
  readonly languageGate: number; // logits lost in a language the user does not understand
  readonly languageDamping: number; // affinity is multiplied by this in such a language
  readonly interestFrom: number; // ⟨mode, video⟩ up to which there is no interest
  readonly interestFull: number; // ⟨mode, video⟩ from which interest is full; above `interestFrom`
  readonly tasteCentre: number; // affinity at which taste neither adds nor subtracts

  // Watch given click
  readonly watchBase: number; // logit of the mean watched fraction of a minute-long video
  readonly watchTaste: number; // logits per unit of affinity
  readonly watchQuality: number; // logits per sd of quality
  readonly watchBait: number; // logits lost at clickbait 1
  readonly watchLength: number; // logits lost per factor e in length
  readonly watchGate: number; // logits lost in a language the user does not understand
  readonly completion: number; // γ: P(watched to the end) = γ × mean fraction

  // Satiation and trend
  readonly topicSatiation: number; // logits lost per unit of satiation
  readonly satiationGain: number; // units a fully watched video adds to its topic
  readonly satiationKept: number; // share kept over midnight
  readonly visitKept: number; // share of satiation kept from one visit of a day to the next
  readonly rewatch: number; // click logits lost for a video the user has watched lately
  readonly trendGain: number; // logits per unit of log share of yesterday's clicks
  readonly trendKept: number; // share of a topic's trend kept per day
  readonly trendLimit: number; // logits: bound of the trend
  readonly priorShock: number; // sd, in logits, of a prior drift of strength 1 over topics

  // Reactions given click
  readonly likeBase: number; // logit
  readonly shareBase: number; // logit
  readonly hideBase: number; // logit
  readonly followBase: number; // logit
  readonly followGain: number; // click logits won for videos of a followed creator
  readonly reactionSlope: number; // logits per unit of enjoyment
  readonly subscribeBase: number; // probability per click at satisfaction 0, once per user
  readonly subscribeSlope: number; // log probability per unit of satisfaction
  readonly purchaseBase: number; // logit per click on a sponsored video
  readonly subscriptionMicros: number; // revenue of a subscription, millionths of the currency unit
  readonly purchaseMicros: number; // median revenue of a purchase

  // Satisfaction and return
  readonly joyWatch: number; // enjoyment per unit of watched fraction above what is usual for the length
  readonly joyQuality: number; // enjoyment per sd of quality
  readonly regret: number; // enjoyment lost at clickbait 1
  readonly hideRegret: number; // enjoyment lost by a hide
  readonly irrelevance: number; // satisfaction lost by a page without a click
  readonly pageWeight: number; // weight of a page in the moving average of satisfaction
  readonly visitBase: number; // mean logit of visiting on a day at satisfaction 0
  readonly visitSpread: number; // sd, in logits, of activity over users
  readonly visitSatisfaction: number; // β: logits per unit of satisfaction
  readonly laterVisit: number; // probability of one more visit on the same day (at most three)

  readonly weekendVisits: number; // logits of visiting won at weekends (days 5 and 6 of each week)
  readonly seasonVisits: number; // amplitude, in logits, of a yearly wave of visiting
  readonly churnBase: number; // probability, at satisfaction 0, that a visiting user leaves for good at the end of the day
  readonly churnSlope: number; // log probability lost per unit of satisfaction
  readonly tasteWalk: number; // length of the daily random step of a taste mode
  readonly tasteReinforcement: number; // share of the distance to a fully watched video that a taste mode moves

  // Ads
  readonly campaigns: number; // advertisers' campaigns; 0: no ads
  readonly adBidMicros: number; // median bid for a click, millionths of the currency unit
  readonly adBudgetMicros: number; // median daily budget of a campaign
  readonly adClickBase: number; // logits an ad loses against the same video as content
  readonly adIrritation: number; // satisfaction lost per ad on a page, at tolerance 1

  // Within a visit
  readonly leaveBase: number; // logit of leaving after a page of satisfaction 0
  readonly leaveSatisfaction: number; // logits per unit of page satisfaction
  readonly patienceSpread: number; // sd, in logits, of patience over users
  readonly budgetMs: number; // mean time budget of a visit
  readonly browseMs: number; // a page without watching
  readonly examineMs: number; // an examined video
  readonly deviceSwitch: number; // share of visits not on the usual device
}

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
