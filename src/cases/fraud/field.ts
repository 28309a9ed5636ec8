/**
 * Accounts and what they do each day. Who is a person and who is fraud, and of which style, is the world's truth (`world/people`); what a
 * click pays are its campaigns' bids. With e in [0, 1] how far an account hides a trait:
 *
 *     pages, clicks per ad, seconds on the advertiser's page, minutes between visits:  style^(1 − e) · person^e · own factor
 *     device and address: of the group (farms share phones, scrapers and ad-clickers share addresses) or, when hidden, its own
 *
 * Scrapers, view-inflators and ad-clickers are many clicks on cheap ads; click farms look like people and click the dearest ads. An account
 * that is suspended and was fraud returns in 1 to 3 days as a new one; where fraud adapts, it hides the trait that gave it away by half
 * more. Every draw is a hash of (key, account, day, what), so that arms meet the same people.
 */
import { keyOf, normal, uniform, uniformInt } from "../../random.js";
import { configFor, openOracle, openWorld, type BotStyle } from "../../world/index.js";

/** Sizes and habits. */
export interface FieldConfig {
  readonly seed: number;
  readonly users: number;
  readonly botShare: number;
  readonly logDays: number; // played with rules and a small budget
  readonly liveDays: number;
  readonly labelDays: number; // until complaints about an account's day are known
  readonly complained: number; // share of fraud accounts that advertisers complain about
  readonly slandered: number; // share of people they complain about
  readonly adapts: boolean; // on live days
}

/** What a notebook plays at `tiny`. */
export const fieldDefaults: FieldConfig = {
  ...{ seed: 42, users: 2_500, botShare: 0.05, logDays: 21, liveDays: 14 },
  ...{ labelDays: 7, complained: 0.7, slandered: 0.004, adapts: true },
};

/** What can give an account away, and what it can hide. */
export const traits = ["volume", "clicks", "dwell", "hours", "device", "address"] as const;
export type Trait = (typeof traits)[number];

/** An account: a person or one life of a fraudster. */
export interface Account {
  readonly id: number;
  readonly user: number; // of the world
  readonly style: BotStyle | undefined; // the truth
  readonly born: number;
  readonly device: number;
  readonly address: number;
  readonly hidden: Readonly<Record<Trait, number>>;
  suspendedFrom: number; // day; Infinity: never
  suspendedTo: number;
}

/** What an account did on a day. */
export interface AccountDay {
  readonly account: Account;
  readonly pages: number;
  readonly ads: number;
  readonly clicks: number; // on ads
  readonly costMicros: number; // of its clicks, to advertisers
  readonly dwellMs: number; // mean after a click; -1: no click
  readonly minute: number; // of the first page
}

type Profile = readonly [pages: number, clicksPerAd: number, dwellMs: number, spreadMinutes: number, dearness: number];
const person: Profile = [9, 0.05, 18_000, 150, 0.5];
const profiles: Readonly<Record<BotStyle, Profile>> = {
  scraper: [70, 0.2, 1_000, 400, 0.15],
  "view-inflator": [45, 0.15, 2_500, 400, 0.15],
  "ad-clicker": [12, 0.7, 1_500, 120, 0.35],
  "click-farm": [16, 0.22, 12_000, 30, 0.97],
};

/** The accounts of a world and their days, in order; suspended ones do nothing. */
export interface Field {
  readonly config: FieldConfig;
  readonly accounts: readonly Account[];
  play(day: number): readonly AccountDay[];
  /** From the next day on: a person for 3 days, fraud for good. `because`: the trait that gave it away. */
  suspend(account: Account, day: number, because: Trait): void;
  /** Of an account's `day`, at the end of day `now`: 1 fraud, 0 not, undefined not known yet; by its review, else by complaints. */
  label(account: Account, day: number, now: number): 0 | 1 | undefined;
}

/** Opens a field; equal configs give equal fields. */
export function openField(given: Partial<FieldConfig> = {}): Field {
  const config = { ...fieldDefaults, ...given };
  const { seed, users: count, botShare, logDays, liveDays } = config;
  const days = logDays + liveDays;
  const sizes = { users: count, days, extraDays: 0, campaigns: 30, sponsored: 0.5, videos: 200 };
  const world = openWorld({ ...configFor("tiny"), ...sizes, botShare }, seed);
  const [oracle, { catalogue }] = [openOracle(world), world];
  const bids = [...catalogue.campaigns!.bidMicros].sort((a, b) => a - b);
  const [own, drawn, fate] = ["own", "day", "fate"].map((name) => keyOf(seed, `fraud/${name}`)) as [
    number,
    number,
    number,
  ];
  const accounts: Account[] = [];
  const add = (user: number, born: number, hidden: Account["hidden"]): void => {
    const id = accounts.length;
    const style = oracle.bot(user);
    const shares = (trait: "device" | "address"): boolean => uniform(own, id, 1, trait.length) >= hidden[trait];
    const group = uniformInt(3, own, user, 2);
    const place = style === undefined ? personPlace(own, user) : placeOf(style, user, group, id, shares);
    accounts.push({ ...{ id, user, style, born, hidden }, ...place, suspendedFrom: Infinity, suspendedTo: Infinity });
  };
  for (let user = 0; user < count; user++) {
    // fraud that is there has learned something already
    const hidden = traits.map((trait, t) => [trait, oracle.bot(user) ? 0.8 * uniform(fate, user, -2, t) : 0] as const);
    add(user, Math.max(-60, catalogue.users.joinDay[user]!), Object.fromEntries(hidden) as Account["hidden"]);
  }

  function actOf(account: Account, day: number): AccountDay | undefined {
    const { id, user, style, hidden } = account;
    if (uniform(drawn, id, day, 0) > (style === undefined ? 0.55 : 0.9)) return undefined;
    const profile = style === undefined ? person : profiles[style];
    const habit = (at: number, trait: Trait, spread: number): number =>
      profile[at]! ** (1 - hidden[trait]) * person[at]! ** hidden[trait] * Math.exp(spread * normal(own, id, at, 5));
    const pages = Math.max(1, Math.round(habit(0, "volume", 0.8) * Math.exp(0.4 * normal(drawn, id, day, 1))));
    const rate = Math.min(0.95, habit(1, "clicks", 0.8));
    const ads = Math.ceil(pages / 3);
    let [clicks, costMicros] = [0, 0];
    for (let ad = 0; ad < ads; ad++) {
      if (uniform(drawn, id, day, 10 + ad) >= rate) continue;
      clicks++;
      const dearness = Math.max(0, Math.min(0.999, profile[4] + 0.5 * (uniform(drawn, id, day, 10 + ad, 1) - 0.5)));
      costMicros += bids[Math.floor(dearness * bids.length)]!;
    }
    const dwellMs = clicks === 0 ? -1 : Math.round(habit(2, "dwell", 0.6) * Math.exp(0.3 * normal(drawn, id, day, 2)));
    const group = style === "click-farm" ? uniformInt(3, own, user, 2) : user;
    const usual = 1440 * uniform(own, hidden.hours > 0.6 ? -1 - id : group, 3);
    const minute = (usual + habit(3, "hours", 0.2) * normal(drawn, id, day, 3) + 2880) % 1440;
    return { account, pages, ads, clicks, costMicros, dwellMs, minute };
  }

  return {
    config,
    accounts,
    play: (day) =>
      accounts.flatMap((account) => {
        if (account.born > day || (day >= account.suspendedFrom && day < account.suspendedTo)) return [];
        return actOf(account, day) ?? [];
      }),
    suspend(account, day, because) {
      account.suspendedFrom = day + 1;
      account.suspendedTo = account.style === undefined ? day + 4 : Infinity;
      if (account.style === undefined) return;
      const hides =
        config.adapts && day >= logDays ? Math.min(1, account.hidden[because] + 0.5) : account.hidden[because];
      add(account.user, day + 2 + uniformInt(3, fate, account.id, day), { ...account.hidden, [because]: hides });
    },
    label(account, day, now) {
      if (account.suspendedFrom <= now) return account.style === undefined ? 0 : 1;
      if (day + config.labelDays > now) return undefined;
      const complained = account.style === undefined ? config.slandered : config.complained;
      return uniform(fate, account.id, -1) < complained ? 1 : 0;
    },
  };
}

type Place = Pick<Account, "device" | "address">;

/** People have a device of their own or a household's; some live in dormitories, many behind one address. */
function personPlace(key: number, user: number): Place {
  const household = Math.floor(user / 2);
  const dormitory = uniform(key, user, 7) < 0.12;
  return {
    device: uniform(key, user, 6) < 0.1 ? household : 1_000_000 + user,
    address: dormitory ? 2_000_000 + uniformInt(12, key, user, 8) : 3_000_000 + household,
  };
}

function placeOf(
  style: BotStyle,
  user: number,
  group: number,
  id: number,
  shares: (trait: "device" | "address") => boolean,
): Place {
  const device = style === "click-farm" && shares("device") ? 4_000_000 + group * 10 + (user % 4) : 5_000_000 + id;
  const grouped = style !== "view-inflator" && shares("address");
  return { device, address: grouped ? 6_000_000 + group * 100 + style.length * 4 + (user % 2) : 7_000_000 + id };
}
