/**
 * Business rules as data: a list of rules, each of which blocks, pins, caps or boosts the videos it names, for the users and the
 * time it names. What is not named is not restricted.
 *
 *     { "rules": [{ "name": "minors", "action": "block", "sponsored": true, "ageBands": ["13-17"] },
 *                 { "name": "cup final", "action": "pin", "videos": [17], "position": 0, "days": [14, 14], "hours": [18, 23] },
 *                 { "name": "little news", "action": "cap", "topics": ["news"], "most": 2 },
 *                 { "name": "local week", "action": "boost", "creators": [4, 9], "by": 1.5, "regions": ["europe"] }] }
 *
 * Precedence: block over pin over cap over boost. Among pins of one position the first rule of the file whose video may be shown wins, the
 * others of that position do nothing; boosts of one video multiply; the strictest cap holds, as all of them do. Pins count in the caps,
 * but no cap takes a pin away.
 */
import { z } from "zod";
import { sha256 } from "../../artifacts/index.js";
import { ageBands, type Catalogue, devices, languages, regions, type RequestBatch } from "../../types.js";
import type { Cap } from "./caps.js";

const ids = z.array(z.int().min(0)).min(1);
const range = (least: number, most: number): z.ZodType<[number, number]> =>
  z.tuple([z.int().min(least).max(most), z.int().min(least).max(most)]).refine(([from, to]) => from <= to, {
    message: "from must not be above to",
  });
const conditions = {
  name: z.string().min(1).max(64),
  // which videos
  videos: ids.optional(),
  creators: ids.optional(),
  topics: z.array(z.string()).min(1).optional(),
  languages: z.array(z.enum(languages)).min(1).optional(),
  sponsored: z.boolean().optional(),
  ageDays: range(0, 100_000).optional().describe("since the upload, both ends included"),
  // for whom
  regions: z.array(z.enum(regions)).min(1).optional(),
  ageBands: z.array(z.enum(ageBands)).min(1).optional(),
  devices: z.array(z.enum(devices)).min(1).optional(),
  // when
  days: range(0, 100_000).optional().describe("of the platform, both ends included"),
  hours: range(0, 23).optional().describe("of the day, both ends included"),
};
const rule = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("block"), ...conditions }),
  z.strictObject({ action: z.literal("boost"), by: z.number().gt(0).max(1000), ...conditions }),
  z.strictObject({ action: z.literal("cap"), most: z.int().min(1).max(255), ...conditions }),
  z.strictObject({ action: z.literal("pin"), position: z.int().min(0).max(254), ...conditions, videos: ids }),
]);

/** The shape of a rules file. */
export const rulesShape = z.strictObject({ rules: z.array(rule).max(1000) }).superRefine(({ rules }, context) => {
  const names = new Set<string>();
  for (const [i, { name }] of rules.entries()) {
    if (names.has(name))
      context.addIssue({ code: "custom", path: ["rules", i, "name"], message: `"${name}" is used twice` });
    names.add(name);
  }
});
export type BusinessRule = z.infer<typeof rule>;

/** What the rules say to one request. */
export interface RulesNow {
  /** The rule that blocks a video, if one does. */
  readonly blocks: (video: number) => string | undefined;
  /** What a video's score is multiplied by, and the rules that do. */
  readonly boost: (video: number) => { readonly by: number; readonly names: readonly string[] };
  readonly boosts: boolean; // does any?
  readonly caps: readonly Cap[];
  /** In the order of the file. */
  readonly pins: readonly { readonly position: number; readonly videos: readonly number[]; readonly name: string }[];
}

/** Rules of a catalogue, by request. */
export interface Rules {
  readonly version: string; // hash of the rules
  readonly at: (requests: RequestBatch, row: number) => RulesNow;
}

/** Checks rules against their shape and a catalogue. @throws Error naming the place, the value and what is allowed */
export function createRules(given: unknown, catalogue: Catalogue, where = "rules"): Rules {
  const parsed = rulesShape.safeParse(given);
  if (!parsed.success) throw new Error(`${where}: ${z.prettifyError(parsed.error)}`);
  const { rules } = parsed.data;
  const compiled = rules.map((one) => compile(one, catalogue, where));
  return {
    version: sha256(JSON.stringify(parsed.data)).slice(0, 12),
    at(requests, row) {
      const active = compiled.filter(({ applies }) => applies(requests, row));
      const of = (action: BusinessRule["action"]): typeof active => active.filter(({ rule }) => rule.action === action);
      const [blocks, boosts] = [of("block"), of("boost")];
      const { day } = requests;
      return {
        blocks: (video) => blocks.find(({ names }) => names(video, day))?.rule.name,
        boosts: boosts.length > 0,
        boost(video) {
          const own = boosts.filter(({ names }) => names(video, day));
          return {
            by: own.reduce((product, { rule }) => product * (rule.action === "boost" ? rule.by : 1), 1),
            names: own.map(({ rule }) => rule.name),
          };
        },
        caps: of("cap").map(({ rule, names }) => ({
          reason: `rule ${rule.name}`,
          most: rule.action === "cap" ? rule.most : 0,
          groupOf: (video) => (names(video, day) ? 0 : -1),
        })),
        pins: of("pin").flatMap(({ rule, names }) =>
          rule.action === "pin"
            ? [{ position: rule.position, videos: rule.videos.filter((video) => names(video, day)), name: rule.name }]
            : [],
        ),
      };
    },
  };
}

interface Compiled {
  readonly rule: BusinessRule;
  readonly applies: (requests: RequestBatch, row: number) => boolean;
  readonly names: (video: number, day: number) => boolean;
}

function compile(rule: BusinessRule, { users, videos, topicNames, creatorCount }: Catalogue, where: string): Compiled {
  const known = (list: readonly number[] | undefined, kind: string, count: number): void => {
    const bad = list?.find((id) => id >= count);
    if (bad !== undefined)
      throw new Error(`${where}: rule "${rule.name}": unknown ${kind}: ${bad}; allowed: 0 … ${count - 1}`);
  };
  known(rule.videos, "video", videos.count);
  known(rule.creators, "creator", creatorCount);
  const unknown = rule.topics?.find((name) => !topicNames.includes(name));
  if (unknown !== undefined)
    throw new Error(`${where}: rule "${rule.name}": unknown topic: ${unknown}; known: ${topicNames.join(", ")}`);
  const within = (value: number, bounds: readonly [number, number] | undefined): boolean =>
    bounds === undefined || (value >= bounds[0] && value <= bounds[1]);
  const among = (list: readonly (string | number)[] | undefined): ((value: string | number) => boolean) => {
    const set = list && new Set<string | number>(list);
    return (value) => set === undefined || set.has(value);
  };
  const [video, creator, topic, language] = [rule.videos, rule.creators, rule.topics, rule.languages].map(among);
  const [region, ageBand, device] = [rule.regions, rule.ageBands, rule.devices].map(among);
  return {
    rule,
    applies: ({ day, timeMs, user, device: devicesOf }, row) =>
      within(day, rule.days) &&
      within(Math.floor(timeMs[row]! / 3_600_000), rule.hours) &&
      region!(regions[users.region[user[row]!]!]!) &&
      ageBand!(ageBands[users.ageBand[user[row]!]!]!) &&
      device!(devices[devicesOf[row]!]!),
    names: (id, day) =>
      video!(id) &&
      creator!(videos.creator[id]!) &&
      topic!(topicNames[videos.topic[id]!]!) &&
      language!(languages[videos.language[id]!]!) &&
      (rule.sponsored === undefined || rule.sponsored === (videos.sponsored[id] === 1)) &&
      within(day - videos.uploadDay[id]!, rule.ageDays),
  };
}
