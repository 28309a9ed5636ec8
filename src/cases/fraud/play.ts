/**
 * Days under a detector. Each night the `budget` most suspicious accounts are suspended and reviewed: fraud stays out, a person returns
 * after three days. The log's days are played with rules and a small budget; then the detector is fitted on what is known by then.
 */
import { averagePrecision, auc, scoreCurve } from "../../evaluation/index.js";
import type { RunControl } from "../../types.js";
import { joined, labelledRows, ruleDetector, type Detector, type Rung } from "./detectors.js";
import { features, fraudSchema, rememberDays, type DayRows } from "./features.js";
import { openField, traits, type Account, type Field, type FieldConfig, type Trait } from "./field.js";

/** How accounts are chosen, and what may go wrong. */
export interface Policing {
  readonly budget: number; // accounts per live day
  /** By P(fraud), or by P(fraud) × what a day of the account costs. */
  readonly ranks: "probability" | "money";
  /** Live days (from 0) on which each click of a quarter of all accounts arrives five times. */
  readonly replay: readonly [from: number, to: number];
  readonly reviewMicros: number;
  /** A person who was suspended: complaints answered, visits lost. */
  readonly harmMicros: number;
}

/** As most play. */
export const policingDefaults: Policing = {
  ...{ budget: 15, ranks: "probability", replay: [0, 0], reviewMicros: 50_000, harmMicros: 1_000_000 },
};

const logBudget = 4;

/** One live day. Money in micros. */
export interface LiveDay {
  readonly suspended: number;
  readonly caught: number; // of them, fraud
  readonly fraud: number; // accounts of fraud that were there
  readonly people: number; // suspended
  readonly fraudMicros: number; // what fraud cost advertisers
  readonly clickRate: number; // clicks per ad, as they arrived
}

/** Offline metrics on the last three days of the log whose labels are known. */
export interface OfflineFraud {
  readonly auc: number;
  readonly averagePrecision: number;
  readonly precision: number; // among the budget's most suspicious of each day
  readonly recall: number;
  readonly moneyRecall: number; // share of what fraud costs that those would stop
  readonly byComplaints: number; // average precision against labels as they are known
}

/** What became of an arm. */
export interface PlayedFraud {
  readonly offline: OfflineFraud;
  readonly days: readonly LiveDay[];
  readonly hid: Readonly<Record<Trait, number>>; // suspended fraud accounts by the trait that gave them away
  readonly styles: Readonly<Record<string, number>>; // cost of fraud by style, micros
}

/** Plays log and live days with a rung; without one nobody is suspended on live days. */
export async function playFraud(
  given: Partial<FieldConfig>,
  rung?: Rung,
  options: Partial<Policing> = {},
  control: RunControl = {},
): Promise<PlayedFraud> {
  const policing = { ...policingDefaults, ...options };
  const field = openField(given);
  const { logDays, liveDays, seed, labelDays } = field.config;
  const remember = rememberDays();
  const history: DayRows[] = [];
  const days: LiveDay[] = [];
  const hid = Object.fromEntries(traits.map((trait) => [trait, 0])) as Record<Trait, number>;
  const styles: Record<string, number> = {};
  let detector: Detector | undefined;
  let offline: OfflineFraud = {
    auc: 0.5,
    averagePrecision: 0,
    precision: 0,
    recall: 0,
    moneyRecall: 0,
    byComplaints: 0,
  };
  const learned = new Set<string>(); // account and day
  for (let day = 0; day < logDays + liveDays; day++) {
    control.signal?.throwIfAborted();
    const live = day - logDays;
    if (live === 0 && rung !== undefined) {
      const train = history.slice(0, -labelDays - 3).map((rows) => known(field, rows, day - 1));
      detector = await rung.fit(joined(train), seed);
      offline = judge(field, history.slice(-labelDays - 3, -labelDays), detector, policing, day - 1);
      for (const rows of history) labelsOf(field, rows, day - 1, learned);
    }
    const broken = live >= policing.replay[0] && live < policing.replay[1];
    const rows = remember(day, field.play(day), broken ? ({ user }) => user % 4 === 0 : undefined);
    history.push(rows);
    const chosen =
      live < 0
        ? choose(rows, ruleDetector, { ...policing, ranks: "probability", budget: logBudget })
        : detector === undefined
          ? []
          : choose(rows, detector, policing);
    const reasons = live < 0 ? chosen.map(() => traits[0]) : whatGaveAway(rows, chosen, detector);
    if (live >= 0) days.push(dayOf(rows, chosen, styles));
    chosen.forEach((row, i) => {
      const { account } = rows.acts[row]!;
      if (live >= 0 && account.style !== undefined) hid[reasons[i]!]++;
      field.suspend(account, day, reasons[i]!);
    });
    if (live >= 0 && detector?.learn !== undefined) {
      const recent = history.slice(Math.max(0, history.length - 21));
      const fresh = recent.map((past) => labelledRows(past, labelsOf(field, past, day, learned)));
      await detector.learn(joined(fresh));
    }
  }
  return { offline, days, hid, styles };
}

/** The most suspicious rows of a day, ties by place. */
function choose(rows: DayRows, detector: Detector, { budget, ranks }: Policing): readonly number[] {
  const said = Array.from(detector.score(rows.features));
  const score = ranks === "money" ? said.map((p, row) => p * rows.stakeMicros[row]!) : said;
  const order = [...score.keys()].filter((row) => score[row]! > 0);
  return order.sort((a, b) => score[b]! - score[a]! || a - b).slice(0, budget);
}

/** For each chosen account the trait without which it would look least like fraud: its features replaced by people's medians. */
function whatGaveAway(rows: DayRows, chosen: readonly number[], detector: Detector | undefined): readonly Trait[] {
  if (detector === undefined || chosen.length === 0) return [];
  const width = features.length;
  const usual = features.map((_, f) => {
    const sorted = Float64Array.from(rows.acts, (_, row) => rows.features.numbers[row * width + f]!).sort();
    return sorted[Math.floor(sorted.length / 2)]!;
  });
  const without = new Float32Array(chosen.length * traits.length * width);
  chosen.forEach((row, i) =>
    traits.forEach((trait, t) =>
      features.forEach((feature, f) => {
        const value = feature.trait === trait ? usual[f]! : rows.features.numbers[row * width + f]!;
        without[(i * traits.length + t) * width + f] = value;
      }),
    ),
  );
  const count = chosen.length * traits.length;
  const said = detector.score({ schema: fraudSchema, count, categories: new Int32Array(0), numbers: without });
  return chosen.map((_, i) =>
    traits.reduce((best, trait, t) =>
      said[i * traits.length + t]! < said[i * traits.length + traits.indexOf(best)]! ? trait : best,
    ),
  );
}

const isFraud = ({ style }: Account): boolean => style !== undefined;

function dayOf({ acts, clickRate }: DayRows, chosen: readonly number[], styles: Record<string, number>): LiveDay {
  const caught = chosen.filter((row) => isFraud(acts[row]!.account)).length;
  const fraud = acts.filter(({ account }) => isFraud(account));
  for (const { account, costMicros } of fraud) styles[account.style!] = (styles[account.style!] ?? 0) + costMicros;
  return {
    ...{ suspended: chosen.length, caught, fraud: fraud.length, people: chosen.length - caught },
    fraudMicros: fraud.reduce((sum, { costMicros }) => sum + costMicros, 0),
    clickRate,
  };
}

const known = (field: Field, rows: DayRows, now: number): ReturnType<typeof labelledRows> =>
  labelledRows(
    rows,
    rows.acts.map(({ account }) => field.label(account, rows.day, now)),
  );

/** Labels that became known and were not learned before. */
function labelsOf(field: Field, { acts, day }: DayRows, now: number, learned: Set<string>): (0 | 1 | undefined)[] {
  return acts.map(({ account }) => {
    const label = field.label(account, day, now);
    const name = `${account.id}/${day}`;
    if (label === undefined || learned.has(name)) return undefined;
    learned.add(name);
    return label;
  });
}

function judge(
  field: Field,
  held: readonly DayRows[],
  detector: Detector,
  policing: Policing,
  now: number,
): OfflineFraud {
  const [truth, complaints, scores]: [number[], number[], number[]] = [[], [], []];
  let [caught, taken, there, stopped, cost] = [0, 0, 0, 0, 0];
  for (const rows of held) {
    const said = detector.score(rows.features);
    const by = rows.acts.map((_, row) => said[row]! * (policing.ranks === "money" ? rows.stakeMicros[row]! : 1));
    const top = new Set(choose(rows, detector, policing));
    rows.acts.forEach(({ account, costMicros }, row) => {
      truth.push(isFraud(account) ? 1 : 0);
      complaints.push(field.label(account, rows.day, now) ?? 0);
      scores.push(by[row]!);
      if (!isFraud(account)) return;
      there++;
      cost += costMicros;
      if (!top.has(row)) return;
      caught++;
      stopped += costMicros;
    });
    taken += top.size;
  }
  return {
    auc: auc(truth, scores),
    averagePrecision: averagePrecision(scoreCurve(truth, scores)),
    byComplaints: averagePrecision(scoreCurve(complaints, scores)),
    ...{ precision: caught / taken, recall: caught / there, moneyRecall: stopped / cost },
  };
}
