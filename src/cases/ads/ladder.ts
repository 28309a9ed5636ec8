/** The ladder LR-FTRL → DeepFM → DCN-v2: fitted on the same days, judged on the held-out one, played on the live ones. */
import { dcn, deepFm, fitFtrl, ftrl, rankerChoice, type LabelledRows } from "../../models/index.js";
import type { FeatureMatrix, RunControl } from "../../types.js";
import { judge, type OfflineAds } from "./offline.js";
import { fixedPricer } from "./pricers.js";
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

/** A rung in one market. */
export interface Climbed {
  readonly name: string;
  readonly score: Score;
  readonly offline: OfflineAds;
  readonly played: Played;
}

/** Fits, judges and plays every rung; none learns on the live days. */
export async function climb(trial: Trial, control: RunControl = {}): Promise<readonly Climbed[]> {
  const climbed: Climbed[] = [];
  for (const { name, fit } of rungs) {
    const score = await fit(trial, trial.train, control);
    const offline = judge(trial, score(trial.test.features));
    climbed.push({ name, score, offline, played: await playLive(trial, fixedPricer(score), {}, control) });
  }
  return climbed;
}
