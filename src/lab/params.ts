/** Notebook parameters: checked once, in the cell after the one that sets them, so that a typo fails there and not an hour later. */
import { z } from "zod";
import { defaultScale, scales, type Scale } from "../types.js";
import { inNotebook } from "./display.js";

/** The parameters every notebook has. */
export interface Params {
  readonly scale: Scale;
  readonly seed: number; // whole, 0 … 2^31 − 1
  readonly workers: number; // worker threads, 1 … 64; any number gives the same bytes
}

/** What a notebook's own parameter may be: one of some values, or a number in a range. */
export type ParamRule =
  readonly (string | number | boolean)[] | { readonly min: number; readonly max: number; readonly whole?: boolean };

/** What a scale's log is too small for, in a line; scales without such a limit have none. */
export const scaleNotes: Readonly<Partial<Record<Scale, string>>> = {
  tiny:
    "tiny: too few clicks to learn from (a few hundred per test day); the learned funnel beats popularity on some seeds only, " +
    "and most differences between models are undecided",
};

/** Default values. */
export const paramDefaults: Params = { scale: defaultScale, seed: 42, workers: 1 };

/**
 * Checks parameters and fills in defaults. Own parameters come with a rule each:
 * `params({ scale, seed, days }, { days: { min: 1, max: 60, whole: true } })`.
 * Throws with the name, the value and what is allowed; an unknown name is an error too. In a notebook it prints what the scale is too
 * small for.
 */
export function params<T extends Readonly<Record<string, unknown>>>(
  given: T,
  rules: Readonly<Record<string, ParamRule>> = {},
): Params & Omit<T, keyof Params> {
  const all: Readonly<Record<string, ParamRule>> = {
    scale: scales,
    seed: { min: 0, max: 2 ** 31 - 1, whole: true },
    workers: { min: 1, max: 64, whole: true },
    ...rules,
  };
  const filled: Record<string, unknown> = { ...paramDefaults };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) filled[name] = value;
  }
  const faults: string[] = [];
  for (const [name, value] of Object.entries(filled)) {
    const rule = all[name];
    if (rule === undefined) faults.push(`unknown parameter: ${name}; known: ${Object.keys(all).join(", ")}`);
    else if (!schemaOf(rule).safeParse(value).success)
      faults.push(`${name} is ${JSON.stringify(value) ?? String(value)}; ${allowed(rule)}`);
  }
  for (const name of Object.keys(rules))
    if (!(name in filled)) faults.push(`${name} is missing; ${allowed(rules[name]!)}`);
  if (faults.length > 0) throw new RangeError(faults.join("\n"));
  const note = scaleNotes[filled["scale"] as Scale];
  if (note !== undefined && inNotebook()) console.log(note);
  return filled as unknown as Params & Omit<T, keyof Params>;
}

function isChoice(rule: ParamRule): rule is readonly (string | number | boolean)[] {
  return Array.isArray(rule);
}

function schemaOf(rule: ParamRule): z.ZodType {
  if (isChoice(rule)) return z.literal([...rule]);
  const number = z.number().min(rule.min).max(rule.max);
  return rule.whole === true ? number.int() : number;
}

function allowed(rule: ParamRule): string {
  if (isChoice(rule)) return `allowed: ${rule.join(", ")}`;
  return `allowed: ${rule.whole === true ? "whole numbers" : "numbers"} in [${rule.min}, ${rule.max}]`;
}
