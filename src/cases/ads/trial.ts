/** One market with its log, split by days, and what arms of it are worth on the live days. */
import { fitFtrl, type Ftrl, type FtrlConfig, type LabelledRows } from "../../models/index.js";
import type { RunControl } from "../../types.js";
import { openMarket, type Market, type MarketConfig } from "./market.js";
import { moneyOf, type Money } from "./money.js";
import { play, type Pricer, type Selling } from "./play.js";
import { countPricer } from "./pricers.js";
import { adCrosses, dayStart, labelled, type AdLog } from "./rows.js";

/** A market, its log (collected by counts with exploration), and FTRL after one pass over the training days. */
export interface Trial {
  readonly seed: number;
  readonly market: Market;
  readonly log: AdLog;
  readonly held: number; // first row of the last day, which is held out
  readonly train: LabelledRows;
  readonly test: LabelledRows;
  readonly ftrl: Ftrl;
}

/** Settings of FTRL on these rows: events in the order of time, one pass. */
export const adFtrl: Partial<FtrlConfig> = { crosses: adCrosses, seed: -1, alpha: 0.1, l1: 0.5, l2: 20, bits: 18 };

/** Opens a market, collects its log and fits FTRL. */
export async function openTrial(config: Partial<MarketConfig>, control: RunControl = {}): Promise<Trial> {
  const market = openMarket(config);
  const { seed, logDays } = market.config;
  const log = await play(market, countPricer(market.campaigns.count, 0.7, seed), [0, logDays], {}, control);
  const held = dayStart(log, logDays - 1);
  const [train, test] = [labelled(log, 0, held), labelled(log, held, log.count)];
  return { seed, market, log, held, train, test, ftrl: await fitFtrl(train, adFtrl) };
}

/** The live days of an arm. */
export interface Played {
  readonly log: AdLog;
  readonly money: Money;
  /** Predicted over true probability of what was shown: above 1 is winner's curse, or a level that is off. */
  readonly shown: number;
  readonly ctr: number;
}

/** Plays an arm on the live days of a trial's market, or of another market (a what-if). */
export async function playLive(
  { market }: Pick<Trial, "market">,
  pricer: Pricer,
  selling: Partial<Selling> = {},
  control: RunControl = {},
): Promise<Played> {
  const { logDays, liveDays } = market.config;
  const days = [logDays, logDays + liveDays] as const;
  const log = await play(market, pricer, days, selling, control);
  let [predicted, truth, rows] = [0, 0, 0];
  for (let row = 0; row < log.count; row++) {
    if (market.brand[log.campaign[row]!] === 1) continue;
    predicted += log.predicted[row]!;
    truth += log.probability[row]!;
    rows++;
  }
  return { log, money: moneyOf(market, log, days), shown: predicted / truth, ctr: truth / rows };
}
