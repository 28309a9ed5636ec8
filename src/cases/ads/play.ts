/**
 * Days of auctions. Every ten minutes the requests of that time are scored and sold together: campaigns that are live, target the user
 * and have budget left compete by bid × P(click), the second price is `serving/rerank/auction`'s. One arm plays the whole market alone
 * (arms in one market would share budgets, and each would change what the other may spend).
 */
import { createAuction, emptySlates } from "../../serving/index.js";
import type { FeatureMatrix, RequestBatch, RunControl } from "../../types.js";
import { dayMinutes, valueOfBid, type AdRequest, type Market } from "./market.js";
import { adSchema, emptyLog, writeAdRow, type AdLog } from "./rows.js";
import { emptyMatrix } from "../../data/index.js";
import { hideCost } from "./money.js";

/** Who says P(click). */
export interface Pricer {
  /** [rows] */
  score(rows: FeatureMatrix, minute: number): ArrayLike<number>;
  /** The log up to `minute`: what a learner may learn from is what has arrived by then. */
  learn?(log: AdLog, minute: number): void;
}

/** How ads are sold. */
export interface Selling {
  /** What a campaign that bids for clicks pays for: the click, or the impression (the price × P(click) as predicted). */
  readonly pays: "click" | "impression";
  /** Budgets released evenly by time, or whole at midnight. */
  readonly pacing: "even" | "none";
  readonly reserveMicros: number;
  /** From this minute on nothing is known of users (a feature stream has stopped). */
  readonly unknownFrom: number;
}

/** As most play. */
export const sellingDefaults: Selling = { pays: "click", pacing: "even", reserveMicros: 500, unknownFrom: Infinity };

const slotMinutes = 10;

/** Plays the days `from … to` (exclusive) with one pricer. */
export async function play(
  market: Market,
  pricer: Pricer,
  [from, to]: readonly [number, number],
  options: Partial<Selling> = {},
  control: RunControl = {},
): Promise<AdLog> {
  const selling = { ...sellingDefaults, ...options };
  const schema = adSchema(market);
  let capacity = 0;
  for (let day = from; day < to; day++) capacity += market.requestsOn(day);
  const log = emptyLog(schema, capacity);
  const { count } = market.campaigns;
  const auction = { ...market, spent: new Float64Array(count), adsToday: new Uint16Array(market.users.count), selling };
  for (let day = from; day < to; day++) {
    auction.spent.fill(0);
    auction.adsToday.fill(0);
    for (let index = 0, end = market.requestsOn(day); index < end;) {
      const requests: AdRequest[] = [];
      const slot = Math.floor(market.request(day, index).minute / slotMinutes);
      const first = index;
      for (; index < end; index++) {
        const request = market.request(day, index);
        if (Math.floor(request.minute / slotMinutes) !== slot) break;
        requests.push(request);
      }
      sell(auction, pricer, log, day, first, requests);
      pricer.learn?.(log, (slot + 1) * slotMinutes);
      if (slot % 6 === 0) {
        control.signal?.throwIfAborted();
        control.onProgress?.("auctions", log.count, capacity);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
  }
  return log;
}

/** What is held while days are played. */
interface Playing extends Market {
  readonly spent: Float64Array;
  readonly adsToday: Uint16Array;
  readonly selling: Selling;
}

/** One batch: candidates, probabilities, auction, clicks, charges. */
function sell(playing: Playing, pricer: Pricer, log: AdLog, day: number, first: number, requests: AdRequest[]): void {
  const { campaigns, brand, users, selling, adsToday } = playing;
  const { count } = campaigns;
  const minute = requests[0]!.minute;
  // whoever cannot pay a click does not take part: under even pacing a budget is saved up for it
  const left = Int32Array.from({ length: count }, (_, c) => {
    const released = leftOf(playing, c, day, minute);
    return released >= campaigns.bidMicros[c]! ? released : 0;
  });
  const known = minute < selling.unknownFrom;
  const places: number[] = [];
  requests.forEach(({ user }, r) => {
    for (let c = 0; c < count; c++)
      if (left[c]! > 0 && brand[c] === 0 && isTargeted(playing, user, c)) places.push(r * count + c);
  });
  const rows = emptyMatrix(log.features.schema, places.length);
  places.forEach((place, row) => {
    const request = requests[Math.floor(place / count)]!;
    writeAdRow(playing, rows, row, request, place % count, adsToday[request.user]!, known);
  });
  const chance = new Float64Array(requests.length * count);
  for (let r = 0; r < requests.length; r++)
    for (let c = 0; c < count; c++) if (brand[c] === 1) chance[r * count + c] = 1;
  const scores = places.length > 0 ? pricer.score(rows, minute) : [];
  places.forEach((place, row) => (chance[place] = Math.min(1, scores[row]!)));
  const sold = createAuction({ users, campaigns } as Parameters<typeof createAuction>[0], {
    adSlots: [0],
    reserveMicros: selling.reserveMicros,
    clickProbability: chance,
  })(batchOf(requests, left), emptySlates(requests.length, 1));
  requests.forEach((request, r) => {
    const campaign = sold.campaign![r]! - 1;
    if (campaign < 0) return;
    const price = sold.priceMicros![r]!;
    show(playing, log, day, first + r, request, campaign, price, chance[r * count + campaign]!, known);
  });
}

/** Shows an ad: the user clicks or not, the campaign is charged, at most what is left. */
function show(
  playing: Playing,
  log: AdLog,
  day: number,
  index: number,
  request: AdRequest,
  campaign: number,
  price: number,
  predicted: number,
  known: boolean,
): void {
  const { campaigns, brand, spent, selling, adsToday } = playing;
  const ads = adsToday[request.user]!;
  const probability = 1 / (1 + Math.exp(-playing.logit(request, campaign, ads)));
  const click = playing.clicks(day, index, campaign, probability);
  const isBrand = brand[campaign] === 1;
  const byImpression = isBrand || selling.pays === "impression";
  const budget = Math.max(0, leftOf(playing, campaign, day, request.minute));
  const asked = selling.pays === "impression" && !isBrand ? Math.round(price * predicted) : price;
  const paid = Math.min(asked, budget);
  if (byImpression || click) spent[campaign] = spent[campaign]! + paid;
  const row = log.count++;
  writeAdRow(playing, log.features, row, request, campaign, ads, known);
  log.user[row] = request.user;
  log.campaign[row] = campaign;
  log.minute[row] = request.minute;
  log.click[row] = click ? 1 : 0;
  log.delay[row] = playing.delay(day, index);
  log.predicted[row] = predicted;
  log.probability[row] = probability;
  log.paidMicros[row] = byImpression ? paid : paid * probability;
  log.valueMicros[row] = valueOfBid * campaigns.bidMicros[campaign]! * (isBrand ? 1 : probability);
  log.hideMicros[row] = hideCost(probability);
  const conversion = click && !isBrand ? playing.conversion(day, index, campaign) : 0;
  log.drawnMicros[row] = (isBrand ? log.valueMicros[row]! : conversion) - (byImpression || click ? paid : 0);
  adsToday[request.user] = ads + 1;
}

/** What a campaign may still spend today at this minute; 0 where it is not live. */
function leftOf({ campaigns, spent, selling, isLive }: Playing, campaign: number, day: number, minute: number): number {
  if (!isLive(campaign, day)) return 0;
  const share = selling.pacing === "even" ? Math.min(1, minute / dayMinutes - day + slotMinutes / dayMinutes) : 1;
  return Math.floor(campaigns.dailyBudgetMicros[campaign]! * share) - spent[campaign]!;
}

function isTargeted({ users, campaigns }: Playing, user: number, campaign: number): boolean {
  const [region, age] = [campaigns.regions[campaign]!, campaigns.ageBands[campaign]!];
  return ((region >> users.region[user]!) & 1) === 1 && ((age >> users.ageBand[user]!) & 1) === 1;
}

function batchOf(requests: readonly AdRequest[], left: Int32Array): RequestBatch {
  const count = requests.length;
  const adBudgetMicros = new Int32Array(count * left.length);
  for (let r = 0; r < count; r++) adBudgetMicros.set(left, r * left.length);
  return {
    ...{
      day: 0,
      count,
      request: new Float64Array(count),
      session: new Float64Array(count),
      page: new Uint8Array(count),
    },
    user: Int32Array.from(requests, ({ user }) => user),
    timeMs: new Int32Array(count),
    device: new Uint8Array(count),
    adBudgetMicros,
  };
}
