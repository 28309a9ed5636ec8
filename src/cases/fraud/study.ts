/** What one field gives: the ladder and the pair; and what the first field shows of the rest. Arms are data. */
import type { RunControl } from "../../types.js";
import { partSteps, type CaseOptions } from "../case.js";
import { rungs } from "./detectors.js";
import type { FieldConfig, Trait } from "./field.js";
import {
  playFraud,
  policingDefaults,
  type LiveDay,
  type OfflineFraud,
  type PlayedFraud,
  type Policing,
} from "./play.js";

/** One way to police the field. */
export interface FraudArm {
  readonly name: string;
  readonly rung?: number; // default: GBDT with the graph
  readonly policing?: Partial<Policing>;
  readonly field?: Partial<FieldConfig>;
}

const graph = 2;

/** Experiments on one field. */
export const fraudExperiments: Readonly<Record<string, readonly FraudArm[]>> = {
  labels: [
    { name: "known after 7 days, 70 % complained of" },
    { name: "known after a day", field: { labelDays: 1 } },
    { name: "known after 14 days", field: { labelDays: 14 } },
    { name: "30 % complained of", field: { complained: 0.3 } },
    { name: "all, and nobody wrongly", field: { complained: 1, slandered: 0 } },
  ],
  adapting: [
    { name: "frozen, fraud adapts" },
    { name: "frozen, fraud does not adapt", field: { adapts: false } },
    { name: "FTRL each night, fraud adapts", rung: 3 },
    { name: "FTRL each night, fraud does not adapt", rung: 3, field: { adapts: false } },
    { name: "refitted each night, fraud adapts", rung: 4 },
  ],
  whatIf: [
    { name: "15 reviews per day" },
    { name: "5 reviews", policing: { budget: 5 } },
    { name: "30 reviews", policing: { budget: 30 } },
    { name: "60 reviews", policing: { budget: 60 } },
    { name: "twice as much fraud", field: { botShare: 0.1 } },
  ],
  badDay: [
    { name: "usual days" },
    { name: "clicks of a quarter arrive five times, days 5 and 6", policing: { replay: [5, 7] } },
  ],
};

/** An arm: offline, and per live day. Money in units (millions of micros). */
export interface FraudRow {
  readonly name: string;
  readonly offline: OfflineFraud;
  readonly precision: number; // of what was suspended
  readonly people: number; // suspended per day
  readonly fraud: number; // money that fraud cost per day
  readonly saved: number; // per day, against nobody suspended, after reviews and harm
  readonly hid: Readonly<Record<Trait, number>>;
  readonly days: readonly LiveDay[];
}

const total = (days: readonly LiveDay[], of: (day: LiveDay) => number): number =>
  days.reduce((sum, day) => sum + of(day), 0);

function rowOf(name: string, { offline, days, hid }: PlayedFraud, none: PlayedFraud): FraudRow {
  const { reviewMicros, harmMicros } = policingDefaults;
  const perDay = (of: (day: LiveDay) => number): number => total(days, of) / days.length;
  const unpoliced = total(none.days, ({ fraudMicros }) => fraudMicros) / none.days.length;
  const cost = perDay((day) => day.fraudMicros + day.people * harmMicros + day.suspended * reviewMicros);
  return {
    ...{ name, offline, hid, days, people: perDay(({ people }) => people) },
    precision:
      total(days, ({ caught }) => caught) /
      Math.max(
        1,
        total(days, ({ suspended }) => suspended),
      ),
    fraud: perDay(({ fraudMicros }) => fraudMicros) / 1e6,
    saved: (unpoliced - cost) / 1e6,
  };
}

/** Plays arms on one field, each against the same field with nobody suspended. */
export async function playArms(
  field: Partial<FieldConfig>,
  arms: readonly FraudArm[],
  control: RunControl = {},
  stepped: () => void = () => undefined,
): Promise<readonly FraudRow[]> {
  const rows: FraudRow[] = [];
  const alone = await playFraud(field, undefined, {}, control);
  for (const { name, rung = graph, policing = {}, field: changed } of arms) {
    const own = { ...field, ...changed };
    const none = changed?.botShare === undefined ? alone : await playFraud(own, undefined, {}, control);
    rows.push(rowOf(name, await playFraud(own, rungs[rung], policing, control), none));
    stepped();
  }
  return rows;
}

/** The ladder as arms, and the pair: the same detector, ranked by probability or by the money at stake. */
export const ladderArms: readonly FraudArm[] = [
  ...rungs.map(({ name }, rung) => ({ name, rung })),
  { name: "GBDT with the graph, ranked by money at stake", policing: { ranks: "money" } },
];

/** The argument of both parts. */
export type OneField = Pick<CaseOptions, "scale" | "seed">;

const sizesOf = ({ scale, seed }: OneField): Partial<FieldConfig> => ({
  seed,
  ...(scale !== "tiny" && { users: 6_000 }),
});
const quiet = ({ signal }: RunControl): RunControl => (signal ? { signal } : {});

/** The ladder and the pair in one field. @public a part */
export async function fieldPart(of: OneField, control: RunControl): Promise<readonly FraudRow[]> {
  return playArms(sizesOf(of), ladderArms, quiet(control), partSteps(ladderArms.length, control));
}

/** All experiments on one field. @public a part */
export async function firstFieldPart(
  of: OneField,
  control: RunControl,
): Promise<Readonly<Record<string, readonly FraudRow[]>>> {
  const found: Record<string, readonly FraudRow[]> = {};
  const stepped = partSteps(Object.values(fraudExperiments).flat().length, control);
  for (const [name, arms] of Object.entries(fraudExperiments))
    found[name] = await playArms(sizesOf(of), arms, quiet(control), stepped);
  return found;
}
