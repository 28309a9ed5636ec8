/** Who says P(click): the truth, counts by campaign, a fitted model as it is, and FTRL that learns while the day is played. */
import { takeRows } from "../../data/index.js";
import { keyOf, normal } from "../../random.js";
import { ftrl, updateFtrl, type Ftrl } from "../../models/index.js";
import type { FeatureMatrix } from "../../types.js";
import type { Pricer } from "./play.js";

/** Clicks by campaign, shrunk to a usual rate; `noise` (sd of the log) is the exploration of whoever collects data. */
export function countPricer(campaigns: number, noise = 0, seed = 0): Pricer {
  const [clicks, shown] = [new Float64Array(campaigns), new Float64Array(campaigns)];
  const key = keyOf(seed, "ads/exploration");
  let [next, batch] = [0, 0];
  return {
    score({ count, categories, schema }) {
      const wide = schema.categories.length;
      batch++;
      return Float64Array.from({ length: count }, (_, row) => {
        const campaign = categories[row * wide + wide - 1]!;
        const rate = (clicks[campaign]! + 2) / (shown[campaign]! + 40);
        return rate * Math.exp(noise === 0 ? 0 : noise * normal(key, batch, row));
      });
    },
    learn(log) {
      for (; next < log.count; next++) {
        shown[log.campaign[next]!]!++;
        clicks[log.campaign[next]!]! += log.click[next]!;
      }
    },
  };
}

/** A model that stays as it is. */
export function fixedPricer(score: (rows: FeatureMatrix) => ArrayLike<number>): Pricer {
  return { score };
}

/** When FTRL learns from an ad, and how old the weights are that serve. */
export interface Online {
  /** Minutes from showing to learning; a click that arrives later is learned as none. */
  readonly waitMinutes: number;
  /** Learns "no click" at once and each click when it arrives, and corrects for it: p = b / (1 − b) (Ktena et al., 2019). */
  readonly corrects: boolean;
  /** Minutes between two copies of the learner's weights into what serves. */
  readonly refreshMinutes: number;
}

/** As most play. */
export const onlineDefaults: Online = { waitMinutes: 60, corrects: false, refreshMinutes: 10 };

/** FTRL that goes on learning from the log of the days it is played on. The given model is copied. */
export function onlinePricer(given: Ftrl, options: Partial<Online> = {}): Pricer {
  const { waitMinutes, corrects, refreshMinutes } = { ...onlineDefaults, ...options };
  const learner = copyOf(given);
  let served = copyOf(given);
  let [next, refreshed] = [0, -Infinity];
  let waiting: number[] = []; // rows whose click has not arrived
  return {
    score(rows) {
      const said = ftrl.score(served, rows);
      return corrects ? said.map((b) => Math.min(1, b / (1 - Math.min(b, 0.5)))) : said;
    },
    learn(log, minute) {
      if (refreshed === -Infinity) refreshed = minute;
      const due: number[] = [];
      const seen: number[] = []; // labels of `due`
      for (; next < log.count && (corrects || log.minute[next]! + waitMinutes <= minute); next++) {
        due.push(next);
        seen.push(!corrects && log.delay[next]! <= waitMinutes ? log.click[next]! : 0);
        if (corrects && log.click[next] === 1) waiting.push(next);
      }
      for (const row of waiting.filter((one) => log.minute[one]! + log.delay[one]! <= minute)) {
        due.push(row);
        seen.push(1);
      }
      waiting = waiting.filter((row) => log.minute[row]! + log.delay[row]! > minute);
      if (due.length > 0) updateFtrl(learner, { features: takeRows(log.features, Int32Array.from(due)), label: seen });
      if (minute - refreshed >= refreshMinutes) {
        served = copyOf(learner);
        refreshed = minute;
      }
    },
  };
}

const copyOf = (model: Ftrl): Ftrl => ({ ...model, z: model.z.slice(), n: model.n.slice() });
