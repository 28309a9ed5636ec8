/** One small world of the recovery study: three parameters estimated from its log, each beside its truth. A job of a thread. */
import {
  columnMean,
  relativeExamination,
  recoverTastes,
  subspaceOverlap,
  tasteAgreement,
  tasteCovariance,
  eigenSymmetric,
  trueTasteAgreement,
  type CoverageCase,
} from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import type { WorldConfig } from "../../world/index.js";
import { randomPages } from "./random-pages.js";
import { retentionSlope, type RetentionSlope } from "./retention-slope.js";

/** Sizes of a recovery world. */
export interface RecoverySizes {
  readonly users: number; // of the random pages
  readonly days: number;
  readonly adUsers: number; // of the ad-load experiment
  readonly adDays: number;
}

/** Users and days enough for intervals that are narrow and for clicks that are many; about a second of one core. */
export const recoverySizes: RecoverySizes = { users: 400, days: 14, adUsers: 1_200, adDays: 12 };

/** A world's estimates. Keys of `cases` are the same in all worlds. */
export interface RecoveredWorld extends Pick<
  RetentionSlope,
  "satisfactionEffect" | "returnPerSatisfaction" | "firstStageF"
> {
  readonly seed: number;
  readonly impressions: number;
  readonly cases: Readonly<Record<string, CoverageCase>>;
  /** Mean cos² of the principal angles between the recovered and the true main directions of taste; `chance` for random ones. */
  readonly tasteOverlap: { readonly directions: number; readonly overlap: number; readonly chance: number };
}

const directions = 3;

/** Config of a recovery world: `base` made small, position-based, without bots, with as many topics as a user's clicks can tell apart. */
export function recoveryConfig(base: WorldConfig, sizes: RecoverySizes): WorldConfig {
  return {
    ...base,
    slots: 10,
    users: sizes.users,
    videos: 3_000,
    creators: 150,
    days: sizes.days,
    extraDays: 0,
    topics: 12,
    topicFamilies: Math.min(base.topicFamilies, 4),
    usersAtStart: 1,
    botShare: 0,
    campaigns: 0,
    drift: [],
    choiceModel: "position",
  };
}

/** Recovers one world. */
export function recoverWorld(
  base: WorldConfig,
  seed: number,
  sizes: RecoverySizes = recoverySizes,
  control: RunControl = {},
): RecoveredWorld {
  const config = recoveryConfig(base, sizes);
  const pages = randomPages(config, seed, Math.round(sizes.days / 2), control);
  const examination = relativeExamination(pages.positions, { seed, replicates: 400 });
  const cases: Record<string, CoverageCase> = {};
  const put = (name: string, { estimate, low, high }: Omit<CoverageCase, "truth">, truth: number): void => {
    cases[name] = { estimate, low, high, truth };
  };
  examination.bySlot.forEach((interval, k) => put(`examination of slot ${k + 2}`, interval, pages.examination[k + 1]!));
  put("examination, mean of slots", examination.mean, columnMean(pages.examination.subarray(1)));

  const tastes = recoverTastes(pages.fit);
  put(
    "tastes, correlation of utilities",
    tasteAgreement(tastes.utility, pages.held),
    trueTasteAgreement(tastes.utility, pages.heldTruth).estimate,
  );
  const { vectors } = eigenSymmetric(tasteCovariance(pages.fitTruth, tastes.base), config.topics);
  const overlap = subspaceOverlap(tastes.directions, vectors, directions, config.topics);

  const ads: WorldConfig = { ...config, users: sizes.adUsers, days: sizes.adDays, campaigns: 20, adIrritation: 0.3 };
  const retention = retentionSlope(ads, seed, control);
  put("ad load on return", retention.returnEffect, retention.trueReturnEffect);
  put("return by satisfaction, slope", retention.slope, retention.trueSlope);
  const { satisfactionEffect, returnPerSatisfaction, firstStageF } = retention;
  return {
    seed,
    impressions: pages.impressions,
    cases,
    tasteOverlap: { directions, overlap, chance: directions / config.topics },
    satisfactionEffect,
    returnPerSatisfaction,
    firstStageF,
  };
}
