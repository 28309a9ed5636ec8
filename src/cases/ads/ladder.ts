/** The ladder LR-FTRL → DeepFM → DCN-v2: fitted on the same days, judged on the held-out one, played on the live ones. */
import { dcn, deepFm, fitFtrl, ftrl, rankerChoice, type LabelledRows } from "../../models/index.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { estimates, type MoneyName } from "./money.js";
import { judge, recalibrated, type OfflineAds } from "./offline.js";
import type { Pricer } from "./play.js";
import { fixedPricer, onlinePricer } from "./pricers.js";
import { adFtrl, playLive, type Played, type Trial } from "./trial.js";

/** What scores rows. */
export type Score = (rows: FeatureMatrix) => Float32Array;

/** A rung: fitted on the training days of a trial, or on some of their rows. */
export interface Rung {
  readonly name: string;
  fit(trial: Trial, rows: LabelledRows, control?: RunControl): Promise<Score>;
}

const deep = { epochs: 3, minCount: 20, batchSize: 512, idDropout: 0.1 };

/** From the simplest up. */
export const rungs: readonly Rung[] = [
  {
    name: "LR-FTRL",
    async fit(trial: Trial, rows: LabelledRows): Promise<Score> {
      const model = rows === trial.train ? trial.ftrl : await fitFtrl(rows, adFtrl);
      return (some) => ftrl.score(model, some);
    },
  },
  {
    name: "LR-FTRL, two passes",
    async fit(_: Trial, rows: LabelledRows): Promise<Score> {
      const model = await fitFtrl(rows, { ...adFtrl, epochs: 2 });
      return (some) => ftrl.score(model, some);
    },
  },
  ...[rankerChoice("DeepFM", deepFm), rankerChoice("DCN-v2", dcn)].map((choice) => ({
    name: choice.name,
    async fit({ seed }: Trial, rows: LabelledRows, control?: RunControl): Promise<Score> {
      const fitted = await choice.fit(rows, { seed, config: deep }, control);
      return (some) => fitted.score(some);
    },
  })),
];

/** A design in one market: the held-out day, and the live days in money per 1,000 requests. */
export interface Design extends OfflineAds, Omit<Played, "log" | "money"> {
  readonly name: string;
  readonly money: Readonly<Record<MoneyName, number>>;
}

/** Judges and plays what scores rows; it does not learn on the live days unless `pricer` does. */
export async function design(trial: Trial, name: string, score: Score, pricer?: Pricer): Promise<Design> {
  const { money, shown, ctr } = await playLive(trial, pricer ?? fixedPricer(score));
  return { name, ...judge(trial.test, score(trial.test.features)), shown, ctr, money: estimates(money) };
}

/** Fits, judges and plays every rung; `stepped` is called after each. */
export async function climb(trial: Trial, control: RunControl = {}, stepped = () => {}): Promise<readonly Design[]> {
  const climbed: Design[] = [];
  for (const { name, fit } of rungs) {
    climbed.push(await design(trial, name, await fit(trial, trial.train, control)));
    stepped();
  }
  return climbed;
}

/** What a click weighs in the fit of the pair's first design, as is done where clicks are rare. */
export const clickWeight = 10;

/** The pair in one market: DCN-v2 with weighted clicks, the same with its level repaired, and LR-FTRL that learns on. */
export type Pair = Readonly<Record<"weighted" | "repaired" | "online", Design>>;

/** Plays the pair. */
export async function playPair(trial: Trial, control: RunControl = {}): Promise<Pair> {
  const weight = Float32Array.from(trial.train.label, (click) => (click === 1 ? clickWeight : 1));
  const raw = await rungs.at(-1)!.fit(trial, { ...trial.train, weight }, control);
  const repaired: Score = (some) => raw(some).map((p) => recalibrated(p, 1 / clickWeight));
  const linear = await rungs[0]!.fit(trial, trial.train);
  return {
    weighted: await design(trial, `DCN-v2, a click weighs ${clickWeight}`, raw),
    repaired: await design(trial, "the same, re-calibrated", repaired),
    online: await design(trial, "LR-FTRL, learns on", linear, onlinePricer(trial.ftrl)),
  };
}
