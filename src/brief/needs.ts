/**
 * What a design must satisfy, as one plain record; how a change is typed (`20ms`, `1e9`, `10x`, `none`); and the questions that a good
 * candidate asks, each with what its usual answers change. `design` (design.ts) turns needs into choices.
 */

/** Needs of a recommender: functional (what it must do) and not functional (how well, how large, how dear). */
export interface Needs {
  readonly name: string;
  readonly device: "server" | "offline"; // where pages are made; offline: in the app, without a network
  readonly historyDays: number; // of a user's past that may be kept; 0: none
  readonly newcomers: number; // share of a day's users about whom nothing is known
  readonly videos: number; // that may be shown
  readonly requestsPerSecond: number; // at peak, three times the mean; a user asks for ten pages a day
  readonly latencyMs: number; // p99 of a page, within the data centre or on the device
  readonly monthlyDollars: number; // at most, for machines, memory, storage and transfer
}

/** A platform of middle size: what a what-if changes. */
export const midSize: Needs = {
  name: "platform of middle size",
  device: "server",
  historyDays: 90,
  newcomers: 0.05,
  videos: 10_000_000,
  requestsPerSecond: 3_500,
  latencyMs: 150,
  monthlyDollars: 6_000,
};

/** A need that may be changed, with its form in a command line and whether it is functional. */
export interface Change {
  readonly field: Exclude<keyof Needs, "name">;
  readonly option: string;
  readonly form: string; // allowed
  readonly kind: "functional" | "not functional";
  readonly question: string; // that finds it out
  readonly answers: readonly string[]; // usual ones, as typed
}

/** All changes, in the order in which they are asked. */
export const changes: readonly Change[] = [
  {
    field: "device",
    option: "device",
    form: "server or offline",
    kind: "functional",
    question: "Where is a page made: on our servers, or in the app without a network?",
    answers: ["server", "offline"],
  },
  {
    field: "historyDays",
    option: "history",
    form: "none, or days, for example 90d",
    kind: "functional",
    question: "May we keep what a user has watched, and for how long?",
    answers: ["none", "90d"],
  },
  {
    field: "newcomers",
    option: "newcomers",
    form: "a share from 0 to 1, for example 0.5",
    kind: "functional",
    question: "How many of a day's users have never been here before?",
    answers: ["0.05", "0.5"],
  },
  {
    field: "videos",
    option: "videos",
    form: "a number from 1000 to 1e12, for example 1e9, or a factor, for example 10x",
    kind: "not functional",
    question: "How many videos may be shown?",
    answers: ["1e6", "1e9"],
  },
  {
    field: "requestsPerSecond",
    option: "traffic",
    form: "requests per second at peak from 1 to 1e8, for example 1e5, or a factor, for example 10x",
    kind: "not functional",
    question: "How many pages per second at peak?",
    answers: ["0.1x", "10x"],
  },
  {
    field: "latencyMs",
    option: "latency",
    form: "milliseconds or seconds from 1ms to 60s, for example 20ms",
    kind: "not functional",
    question: "How long may the slowest page in a hundred take?",
    answers: ["20ms", "500ms"],
  },
  {
    field: "monthlyDollars",
    option: "money",
    form: "dollars per month from 1 to 1e9, for example 5000, or a factor, for example 0.1x",
    kind: "not functional",
    question: "What may it cost per month?",
    answers: ["0.1x", "10x"],
  },
];

const bounds: Readonly<Partial<Record<Change["field"], readonly [low: number, high: number]>>> = {
  historyDays: [0, 3_650],
  newcomers: [0, 1],
  videos: [1_000, 1e12],
  requestsPerSecond: [1, 1e8],
  latencyMs: [1, 60_000],
  monthlyDollars: [1, 1e9],
};

/**
 * Needs with one changed, as it was typed.
 * @throws RangeError naming the option, the text and what is allowed
 * @example changed(midSize, "latency", "20ms").latencyMs // 20
 */
export function changed(needs: Needs, option: string, text: string): Needs {
  const change = changes.find((one) => one.option === option);
  if (change === undefined)
    throw new RangeError(`unknown change: ${option}; known: ${changes.map((one) => one.option).join(", ")}`);
  const { field, form } = change;
  const refuse = (): never => {
    throw new RangeError(`invalid --${option}: ${text}; allowed: ${form}`);
  };
  if (field === "device") return text === "server" || text === "offline" ? { ...needs, device: text } : refuse();
  if (field === "historyDays" && text === "none") return { ...needs, historyDays: 0 };
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?(?:e\d{1,2})?)(x|ms|s|d)?$/.exec(text) ?? refuse();
  const units: Readonly<Partial<Record<Change["field"], Readonly<Record<string, number>>>>> = {
    historyDays: { d: 1, "": 1 },
    newcomers: { "": 1 },
    latencyMs: { ms: 1, s: 1_000 },
  };
  const factor = (units[field] ?? { "": 1, x: needs[field] as number })[unit] ?? refuse();
  const value = Number(digits) * factor;
  const [low, high] = bounds[field]!;
  return value >= low && value <= high ? { ...needs, [field]: value } : refuse();
}
