/**
 * Click farms: groups of phones, each in one region, with working hours and a few creators who pay. A detector can use what the
 * accounts of a farm have in common.
 */
import { uniform, uniformInt } from "../../random.js";
import { regions } from "../../types.js";
import type { WorldConfig } from "../config.js";
import type { Keyring } from "../keys.js";

/** Number of click farms in a world. */
export const farmCount = 3;
/** Creators that pay a farm. */
export const farmTargets = 4;

/** One click farm. */
export interface Farm {
  readonly id: number; // in [0, farmCount)
  readonly region: number; // index into regions
  readonly minute: number; // of the day around which it works
}

/** The farm an account belongs to, if it is a click farm's. */
export function farmOf(keys: Pick<Keyring, "user/bot">, user: number): Farm {
  const key = keys["user/bot"];
  const id = uniformInt(farmCount, key, user, 2);
  return { id, region: uniformInt(regions.length, key, id, -1), minute: uniformInt(1_320, key, id, -2) };
}

/** Whether a creator pays a farm: creators of many videos are more likely customers. */
export function paysFarm(
  config: Pick<WorldConfig, "creators" | "creatorSkew">,
  keys: Pick<Keyring, "user/bot">,
  farm: number,
  creator: number,
): boolean {
  for (let i = 0; i < farmTargets; i++) if (payer(config, keys, farm, i) === creator) return true;
  return false;
}

/** The creators that pay a farm; fewer than `farmTargets` where two draws give the same creator. */
export function payersOf(
  config: Pick<WorldConfig, "creators" | "creatorSkew">,
  keys: Pick<Keyring, "user/bot">,
  farm: number,
): readonly number[] {
  return [...new Set(Array.from({ length: farmTargets }, (_, i) => payer(config, keys, farm, i)))].sort(
    (a, b) => a - b,
  );
}

function payer(
  { creators, creatorSkew }: Pick<WorldConfig, "creators" | "creatorSkew">,
  keys: Pick<Keyring, "user/bot">,
  farm: number,
  i: number,
): number {
  return Math.min(creators - 1, Math.floor(creators * Math.pow(uniform(keys["user/bot"], farm, -3, i), creatorSkew)));
}
