/** Validation of world configs: a bad field is refused with its name, its value and what is allowed. */
import { z } from "zod";
import { choiceModels, driftKinds, driftShapes, settings } from "./config.js";
import type { Bound, DriftEvent, Setting, WorldConfig } from "./config.js";

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
  const refuse = (field: Setting, allowed: string): never => {
    throw new RangeError(`invalid world config: ${field}: ${config[field]}; allowed: ${allowed}`);
  };
  if (config.familyShare > 0 && config.topicFamilies > config.topics)
    refuse("topicFamilies", `at most the ${config.topics} topics`);
  const atStart = Math.round(config.videos * config.videosAtStart);
  if (config.slots > atStart) refuse("slots", `at most the ${atStart} videos of day 0`);
  if (!(config.interestFull > config.interestFrom))
    refuse("interestFull", `above interestFrom, ${config.interestFrom}`);
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

const schema = z.strictObject({
  ...(Object.fromEntries(
    Object.entries(settings).map(([field, [, min, max, integer]]) => {
      const number = z.number().min(min).max(max);
      return [field, integer ? number.int() : number];
    }),
  ) as unknown as Record<Setting, z.ZodType<number>>),
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
    return `unknown field: ${issue.keys.join(", ")}; known: ${[...Object.keys(settings), "choiceModel", "drift"].join(", ")}`;
  const path = issue.path.map(String);
  let value: unknown = config;
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
  const bound = settings[path[0] as Setting] as readonly [number, ...Bound] | undefined;
  const others: readonly (readonly [string | undefined, string])[] = [
    ["drift", driftAllowed],
    ["choiceModel", choiceModels.join(", ")],
    [path[0], "a record of world config fields"],
  ];
  const allowed = bound
    ? `${bound[3] ? "an integer" : "a number"} in [${bound[1]}, ${bound[2]}]`
    : others.find(([name]) => name === path[0])![1];
  const shown = typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
  return `${path.join(".") || "config"}: ${shown}; allowed: ${allowed}`;
}
