/** Features of an account on a day: what it did lately, and whom it shares devices, addresses and hours with. */
import { emptyMatrix } from "../../data/index.js";
import type { FeatureMatrix, FeatureSchema } from "../../types.js";
import type { Account, AccountDay, Trait } from "./field.js";

/** Each feature with the trait that it sees; those of the graph look at other accounts. */
export const features: readonly { readonly name: string; readonly trait?: Trait; readonly graph?: true }[] = [
  { name: "pages", trait: "volume" },
  { name: "adClicks", trait: "clicks" },
  { name: "clicksPerAd", trait: "clicks" },
  { name: "dwellSeconds", trait: "dwell" },
  { name: "minutesFromUsual", trait: "hours" },
  { name: "meanPrice" },
  { name: "ageDays" },
  { name: "accountsOnDevice", trait: "device", graph: true },
  { name: "accountsOnAddress", trait: "address", graph: true },
  { name: "sameMinutesOnAddress", trait: "hours", graph: true },
  { name: "fraudOnDevice", trait: "device", graph: true }, // accounts that a review found
  { name: "fraudOnAddress", trait: "address", graph: true },
];

/** Numbers only. */
export const fraudSchema: FeatureSchema = { categories: [], numbers: features.map(({ name }) => ({ name })) };

/** One day's rows, of the accounts that were there. */
export interface DayRows {
  readonly day: number;
  readonly acts: readonly AccountDay[];
  readonly features: FeatureMatrix;
  readonly clickRate: number; // clicks per ad, as they arrived
  readonly stakeMicros: Float64Array; // what a day of the account costs advertisers, lately
}

interface Memory {
  pages: number;
  ads: number;
  clicks: number;
  cost: number;
  dwell: number; // seconds × clicks
  weight: number; // days, decayed
  minute: number; // usual
  off: number; // minutes from usual
}

const keep = 0.7; // of a day's memory on the next day

/** What is remembered of accounts; call it with each day's acts, in order. `replayed`: whose clicks arrive five times. */
export function rememberDays(): (
  day: number,
  acts: readonly AccountDay[],
  replayed?: (account: Account) => boolean,
) => DayRows {
  const memories = new Map<number, Memory>();
  const seenOn = { device: new Map<number, Set<Account>>(), address: new Map<number, Set<Account>>() };
  return (day, acts, replayed = () => false) => {
    const minutesOn = new Map<number, number[]>();
    for (const act of acts) {
      for (const of of ["device", "address"] as const) {
        const place = act.account[of];
        if (!seenOn[of].has(place)) seenOn[of].set(place, new Set());
        seenOn[of].get(place)!.add(act.account);
      }
      const { address } = act.account;
      if (!minutesOn.has(address)) minutesOn.set(address, []);
      minutesOn.get(address)!.push(act.minute);
    }
    const matrix = emptyMatrix(fraudSchema, acts.length);
    const stakeMicros = new Float64Array(acts.length);
    let [arrived, shown] = [0, 0];
    acts.forEach((act, row) => {
      const memory = remember(
        memories,
        replayed(act.account) ? { ...act, clicks: 5 * act.clicks, costMicros: 5 * act.costMicros } : act,
      );
      const { pages, ads, clicks, cost, dwell, weight, off } = memory;
      stakeMicros[row] = cost / weight;
      arrived += act.clicks * (replayed(act.account) ? 5 : 1);
      shown += act.ads;
      const others = (of: "device" | "address"): readonly Account[] =>
        [...seenOn[of].get(act.account[of])!].filter((one) => one !== act.account);
      const found = (all: readonly Account[]): number =>
        all.filter(({ suspendedFrom, suspendedTo }) => suspendedFrom <= day && suspendedTo === Infinity).length;
      const [device, address] = [others("device"), others("address")];
      const together = minutesOn.get(act.account.address)!.filter((m) => Math.abs(m - act.minute) < 15).length - 1;
      matrix.numbers.set(
        [
          ...[pages / weight, clicks / weight, clicks / (ads + 3), clicks > 0.05 ? dwell / clicks : -1, off],
          ...[clicks > 0.05 ? cost / clicks / 1e6 : -1, Math.min(60, day - act.account.born)],
          ...[device.length, address.length, together, found(device), found(address)],
        ],
        row * features.length,
      );
    });
    return { day, acts, features: matrix, clickRate: arrived / shown, stakeMicros };
  };
}

function remember(memories: Map<number, Memory>, act: AccountDay): Memory {
  const none: Memory = { pages: 0, ads: 0, clicks: 0, cost: 0, dwell: 0, weight: 0, minute: act.minute, off: 60 };
  const memory = memories.get(act.account.id) ?? none;
  const apart = Math.abs(act.minute - memory.minute);
  const seconds = (Math.max(0, act.dwellMs) / 1000) * act.clicks;
  const next: Memory = {
    pages: keep * memory.pages + act.pages,
    ads: keep * memory.ads + act.ads,
    clicks: keep * memory.clicks + act.clicks,
    cost: keep * memory.cost + act.costMicros,
    dwell: keep * memory.dwell + seconds,
    weight: keep * memory.weight + 1,
    minute: memory.minute + 0.3 * (act.minute - memory.minute),
    off: keep * memory.off + (1 - keep) * Math.min(apart, 1440 - apart),
  };
  memories.set(act.account.id, next);
  return next;
}
