/**
 * The service's settings: a JSON file, read at the start and again with each swap. What it does not name stays as the scale has it.
 *
 *     { "sources": { "twoTower": 0.5, "popular": 0.2, "fresh": 0.1, "trending": 0.1, "followed": 0.05, "itemToItem": 0.05 },
 *       "languages": ["en"], "blocked": [17], "nearDuplicates": true, "rerank": { "creatorCap": 1 }, "rules": [] }
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type Catalogue, languages } from "../../types.js";
import { checkLearnedConfig, learnedFunnelDefaults, type LearnedFunnelConfig } from "../learned-config.js";
import { createRules, rulesShape, type Rules } from "../rerank/rules.js";
import { blocklist, type Filter } from "../retrieve/filters.js";
import { popularities } from "../retrieve/popularity.js";

const share = z.number().min(0).max(1).default(0);
const sources = z.strictObject({
  ...{ twoTower: share, popular: share, fresh: share, uniform: share },
  ...{ trending: share, followed: share, itemToItem: share },
});

/** The shape of a settings file. */
export const settingsShape = z.strictObject({
  candidates: z.int().min(1).max(10_000).optional().describe("of a request, that are ranked"),
  sources: sources
    .refine((shares) => Object.values(shares).some((one) => one > 0), "no source; allowed: at least one above 0")
    .optional()
    .describe("shares of the candidates; the rest is filled in this order"),
  popularBy: z.enum(popularities).optional(),
  freshDays: z.int().min(1).max(365).optional(),
  languages: z
    .array(z.enum(languages), `expected a list; allowed: any of ${languages.join(", ")}`)
    .optional()
    .describe("only videos of the user's own language, and of these; absent: of any"),
  blocked: z.array(z.int().min(0)).default([]).describe("videos that nobody is shown"),
  nearDuplicates: z.boolean().default(true).describe("of videos that look alike, a page shows the best"),
  rerank: z
    .strictObject({
      diversity: z.enum(["mmr", "dpp"]).optional(),
      mmrLambda: z.number().min(0).max(1).optional().describe("1: by score alone"),
      creatorCap: z.int().min(1).max(50).optional(),
      freshness: z.number().min(0).max(10).optional(),
      temperature: z.number().min(0).max(10).optional().describe("of exploration"),
    })
    .default({}),
  rules: rulesShape.shape.rules.default([]),
});

/** What the service is set to. */
export interface Settings {
  readonly config: Partial<LearnedFunnelConfig>;
  /** What nobody is shown, wherever it comes from. */
  readonly filters: readonly Filter[];
  /** Videos that look alike are left out of a page, but for the best of them. */
  readonly nearDuplicates: boolean;
  readonly rules?: Rules;
}

/** Reads a settings file. @throws Error naming the file, the place in it and what is allowed */
export async function readSettings(path: string, catalogue: Catalogue): Promise<Settings> {
  const text = await readFile(path, "utf8");
  try {
    return createSettings(JSON.parse(text), catalogue);
  } catch (cause) {
    throw new Error(`settings ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Checks settings against their shape and a catalogue. @throws Error naming the place, the value and what is allowed */
export function createSettings(given: unknown, catalogue: Catalogue): Settings {
  const parsed = settingsShape.safeParse(given);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { sources: shares, languages: also, blocked, nearDuplicates, rules, ...rest } = parsed.data;
  const config = {
    ...withoutAbsent(rest),
    rerank: withoutAbsent(rest.rerank),
    ...(shares && { shares }),
    ...(also && { languages: also.map((name) => languages.indexOf(name)) }),
  };
  checkLearnedConfig({ ...learnedFunnelDefaults, ...config });
  const taken = blocklist(catalogue.videos.count);
  taken.block(blocked);
  return {
    config,
    filters: blocked.length > 0 ? [taken] : [],
    nearDuplicates,
    ...(rules.length > 0 && { rules: createRules({ rules }, catalogue, "rules") }),
  };
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(record: T): Partial<Present<T>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<Present<T>>;
}
