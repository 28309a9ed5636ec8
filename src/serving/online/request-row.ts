/** A request of the wire as a batch of one row, for a user or for somebody unknown. */
import type { FeatureStore } from "../../data/index.js";
import { ageBands, devices, languages, regions, type Catalogue, type Day, type RequestBatch } from "../../types.js";
import type { Profile, RecommendRequest } from "./contract.js";

/** One request. */
export interface RequestRow extends RequestBatch {
  /** An account that exists today. */
  readonly known: boolean;
}

/** Makes rows of requests. */
export type RowOf = (day: Day, request: RecommendRequest) => RequestRow;

/** Does this account exist on a day? */
export function knows({ users }: Catalogue, day: Day, user: number): boolean {
  return user < users.count && users.joinDay[user]! <= day;
}

/** Somebody unknown gets the id behind all accounts (see `withGuest`), and visits that are nobody else's. */
export function requestRows(catalogue: Catalogue, store: Pick<FeatureStore, "visitOf">): RowOf {
  const { users } = catalogue;
  let guests = 0;
  return (day, { user, context = {}, profile = {} }) => {
    const known = user !== undefined && knows(catalogue, day, user);
    const visit = known ? store.visitOf(user).session : -1;
    const fresh = (day * 2 ** 24 + (known ? user : 2 ** 24 - 1)) * 8;
    const session = context.session ?? (visit >= 0 ? visit : known ? fresh : (guests++ % 2 ** 20) + fresh);
    const page = context.page ?? 0;
    const device = context.device ?? profile.device;
    return {
      known,
      day,
      count: 1,
      session: Float64Array.of(session),
      request: Float64Array.of(session * 64 + page),
      user: Int32Array.of(known ? user : users.count),
      page: Uint8Array.of(page),
      timeMs: Int32Array.of(context.timeMs ?? 0),
      device: Uint8Array.of(device !== undefined ? devices.indexOf(device) : known ? users.device[user]! : 0),
    };
  };
}

/** A catalogue for rules and filters, with one row behind all accounts: whoever is unknown, as far as a profile tells. */
export interface Guest {
  readonly catalogue: Catalogue;
  /** Who the row is from now on. What is not told is 255: no rule that names it holds. */
  readonly be: (profile: Profile) => void;
}

/** Adds the row to a catalogue. */
export function withGuest(catalogue: Catalogue): Guest {
  const { users } = catalogue;
  const longer = (column: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(users.count + 1).fill(255);
    copy.set(column);
    return copy;
  };
  const [ageBand, region, language] = [longer(users.ageBand), longer(users.region), longer(users.language)];
  const code = (names: readonly string[], name: string | undefined): number =>
    name === undefined ? 255 : names.indexOf(name);
  return {
    catalogue: { ...catalogue, users: { ...users, ageBand, region, language } },
    be(profile): void {
      ageBand[users.count] = code(ageBands, profile.ageBand);
      region[users.count] = code(regions, profile.region);
      language[users.count] = code(languages, profile.language);
    },
  };
}
