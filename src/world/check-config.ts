/** Validation of world configs: a bad field is refused with its name, its value and what is allowed. */
import { z } from "zod";
import { choiceModels, driftKinds, driftShapes } from "./config.js";
import type { DriftEvent, WorldConfig } from "./config.js";

type Bound = readonly [min: number, max: number, integer?: "integer"];
type NumericField = Exclude<keyof WorldConfig, "drift" | "choiceModel">;

const share: Bound = [0, 1];
const positive: Bound = [0, 20];
const logit: Bound = [-20, 20];
const count: Bound = [1, 1e7, "integer"];

const bounds: Readonly<Record<NumericField, Bound>> = {
  users: [1, 2 ** 24 - 1, "integer"],
  videos: count,
  days: [1, 3_650, "integer"],
  extraDays: [0, 3_650, "integer"],
  slots: [1, 100, "integer"],
  topics: [2, 255, "integer"],
  creators: count,
  tasteStrength: [0, 5],
  videosAtStart: share,
  catalogueAgeDays: [1, 10_000, "integer"],
  topicSkew: [0, 3],
  creatorSkew: [1, 10],
  creatorSpread: positive,
  videoSpread: positive,
  qualityFromCreator: share,
  baitFromCreator: share,
  baitSkew: [0, 50],
  looksFromQuality: share,
  shortShare: share,
  mislabelled: share,
  foreign: share,
  sponsored: share,
  topicFamilies: [1, 255, "integer"],
  familyShare: share,
  uploadRhythm: share,
  nearDuplicates: share,
  adToleranceSpread: [0, 2],
  botShare: share,
  usersAtStart: share,
  thirdTaste: share,
  metadataTaste: positive,
  tasteSpread: positive,
  secondWeight: share,
  thirdWeight: share,
  bilingual: share,
  lengthTaste: positive,
  clickBias: positive,
  baitSpread: [0, 2],
  examinationDecay: [0, 5],
  examinationSpread: [0, 2],
  clickBase: logit,
  clickTaste: positive,
  clickLooks: positive,
  clickBait: positive,
  clickShort: logit,
  cascadeContinue: share,
  cascadeAfterClick: share,
  noClickMass: positive,
  visitKept: share,
  followBase: logit,
  followGain: positive,
  weekendVisits: logit,
  seasonVisits: positive,
  churnBase: share,
  churnSlope: positive,
  tasteWalk: positive,
  tasteReinforcement: share,
  campaigns: [0, 10_000, "integer"],
  adBidMicros: [0, 1e8, "integer"],
  adBudgetMicros: [0, 2_000_000_000, "integer"],
  adClickBase: logit,
  adIrritation: positive,
  contextEffect: positive,
  languageGate: positive,
  languageDamping: share,
  interestFrom: [-5, 5],
  interestFull: [-5, 5],
  tasteCentre: [-5, 5],
  watchBase: logit,
  watchTaste: positive,
  watchQuality: positive,
  watchBait: positive,
  watchLength: positive,
  watchGate: positive,
  completion: share,
  topicSatiation: positive,
  satiationGain: positive,
  satiationKept: share,
  rewatch: positive,
  trendGain: positive,
  trendKept: share,
  trendLimit: positive,
  priorShock: positive,
  likeBase: logit,
  shareBase: logit,
  hideBase: logit,
  reactionSlope: positive,
  subscribeBase: share,
  subscribeSlope: positive,
  purchaseBase: logit,
  subscriptionMicros: [0, 1e9, "integer"],
  purchaseMicros: [0, 1e8, "integer"],
  joyWatch: positive,
  joyQuality: positive,
  regret: positive,
  hideRegret: positive,
  irrelevance: positive,
  pageWeight: share,
  visitBase: logit,
  visitSpread: positive,
  visitSatisfaction: positive,
  laterVisit: share,
  leaveBase: logit,
  leaveSatisfaction: positive,
  patienceSpread: positive,
  budgetMs: [1_000, 86_400_000, "integer"],
  browseMs: [1, 3_600_000, "integer"],
  examineMs: [0, 3_600_000, "integer"],
  deviceSwitch: share,
};

const driftAllowed =
  `an array of { day: an integer in [0, days + extraDays), kind: ${driftKinds.join(" | ")}, strength: a number in [0, ` +
  `1], shape?: ${driftShapes.join(" | ")}, duration?: an integer in [1, 3650], period?: an integer in [2, 3650], of?: device | region }`;

/**
 * Returns the config if it is sound.
 * @throws RangeError naming each bad field, its value and what is allowed.
 */
export function checkConfig(config: WorldConfig): WorldConfig {
  const read = schema.safeParse(config);
  if (!read.success)
    throw new RangeError(`invalid world config: ${read.error.issues.map((issue) => fault(config, issue)).join("; ")}`);
  const horizon = config.days + config.extraDays;
  config.drift.forEach((event, place) => checkEvent(event, place, horizon));
  if (config.familyShare > 0 && config.topicFamilies > config.topics)
    throw new RangeError(
      `invalid world config: topicFamilies: ${config.topicFamilies}; allowed: at most the ${config.topics} topics`,
    );
  const atStart = Math.round(config.videos * config.videosAtStart);
  if (config.slots > atStart)
    throw new RangeError(
      `invalid world config: slots: ${config.slots}; allowed: at most the ${atStart} videos of day 0`,
    );
  if (!(config.interestFull > config.interestFrom))
    throw new RangeError(
      `invalid world config: interestFull: ${config.interestFull}; allowed: above interestFrom, ${config.interestFrom}`,
    );
  return config;
}

/** Refuses an event that is inconsistent or does not fit the horizon. */
function checkEvent(event: DriftEvent, place: number, horizon: number): void {
  const refuse = (fault: string, allowed: string): never => {
    throw new RangeError(`invalid world config: drift.${place}: ${fault}; allowed: ${allowed}`);
  };
  const shape = event.shape ?? "sudden";
  if (event.day >= horizon)
    throw new RangeError(
      `invalid world config: drift: day ${event.day}; allowed: a day of the horizon, 0 … ${horizon - 1}`,
    );
  if (event.of !== undefined && event.kind !== "covariate")
    refuse(`of: ${event.of} on a ${event.kind} drift`, "on covariate drift only");
  if (event.duration !== undefined && shape !== "gradual")
    refuse(`duration: ${event.duration} on a ${shape} drift`, "on gradual drift only");
  if (event.period !== undefined && shape !== "recurring")
    refuse(`period: ${event.period} on a ${shape} drift`, "on recurring drift only");
  if (shape === "gradual" && event.duration === undefined)
    refuse("a gradual drift without duration", "a duration in days");
  if (shape === "recurring" && event.period === undefined)
    refuse("a recurring drift without period", "a period in days");
  const full = event.day + (event.duration ?? 1) - 1;
  if (full >= horizon) refuse(`fully there on day ${full}`, `a day of the horizon, 0 … ${horizon - 1}`);
}

function numberIn([min, max, integer]: Bound): z.ZodType<number> {
  const base = z.number().min(min).max(max);
  return integer ? base.int() : base;
}

const schema = z.strictObject({
  ...(Object.fromEntries(Object.entries(bounds).map(([field, bound]) => [field, numberIn(bound)])) as Record<
    NumericField,
    z.ZodType<number>
  >),
  choiceModel: z.enum(choiceModels),
  drift: z.array(
    z.strictObject({
      day: z.number().int().min(0),
      kind: z.enum(driftKinds),
      strength: z.number().min(0).max(1),
      shape: z.enum(driftShapes).optional(),
      duration: z.number().int().min(1).max(3_650).optional(),
      period: z.number().int().min(2).max(3_650).optional(),
      of: z.enum(["device", "region"]).optional(),
    }),
  ),
});

function fault(config: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0)
    return `unknown field: ${issue.keys.join(", ")}; known: ${[...Object.keys(bounds), "choiceModel", "drift"].join(", ")}`;
  const path = issue.path.map(String);
  let value: unknown = config;
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
  const bound = bounds[path[0] as NumericField] as Bound | undefined;
  const allowed = bound
    ? `${bound[2] ? "an integer" : "a number"} in [${bound[0]}, ${bound[1]}]`
    : path[0] === "drift"
      ? driftAllowed
      : path[0] === "choiceModel"
        ? choiceModels.join(", ")
        : "a record of world config fields";
  const shown = typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
  return `${path.join(".") || "config"}: ${shown}; allowed: ${allowed}`;
}
