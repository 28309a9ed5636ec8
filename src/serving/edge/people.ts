/** What a device takes away of a day's snapshot: everything of the videos, and of the users only its own. */
import { PairSet } from "../../data/sets/pair-set.js";
import { formatCount } from "../../data/features/features.js";
import type { NumberTable, Snapshot, StaticRows } from "../../data/store/snapshot.js";
import type { Catalogue } from "../../types.js";

/** A snapshot with what never changes and the catalogue; users are numbered 0, 1, … in the order given. */
export interface People {
  readonly catalogue: Catalogue;
  readonly fixed: StaticRows;
  readonly snapshot: Snapshot;
}

/** The same for some users only. Their own ids stay in `fixed.userCategories`, where the models look them up. */
export function peopleOf({ catalogue, fixed, snapshot }: People, users: Int32Array): People {
  const place = new Map(Array.from(users, (user, row) => [user, row]));
  const topics = catalogue.topicNames.length;
  const { joinDay, ageBand, region, device, language } = catalogue.users;
  const take = <T extends Int16Array | Int32Array | Uint8Array | Float32Array>(values: T, width = 1): T => {
    const out = new (values.constructor as new (length: number) => T)(users.length * width);
    users.forEach((user, row) => {
      out.set(values.subarray(user * width, (user + 1) * width), row * width);
    });
    return out;
  };
  const rowsOf = ({ width, values }: NumberTable, perUser = 1): NumberTable => ({
    width,
    values: take(values, width * perUser),
  });

  const pairs = snapshot.userCreator.width;
  const creatorStart = new Int32Array(users.length + 1);
  const kept: number[] = [];
  users.forEach((user, row) => {
    for (let pair = snapshot.creatorStart[user]!; pair < snapshot.creatorStart[user + 1]!; pair++) kept.push(pair);
    creatorStart[row + 1] = kept.length;
  });
  const userCreator = new Float32Array(kept.length * pairs);
  kept.forEach((pair, row) => {
    userCreator.set(snapshot.userCreator.values.subarray(pair * pairs, (pair + 1) * pairs), row * pairs);
  });

  const clicked = new PairSet();
  const { left, right } = snapshot.clicked.pairs();
  left.forEach((user, i) => {
    const row = place.get(user);
    if (row !== undefined) clicked.add(row, right[i]!);
  });
  return {
    catalogue: {
      ...catalogue,
      users: {
        count: users.length,
        joinDay: take(joinDay),
        ageBand: take(ageBand),
        region: take(region),
        device: take(device),
        language: take(language),
      },
    },
    fixed: {
      ...fixed,
      userCategories: take(fixed.userCategories, fixed.userCategoryCount),
      segment: take(fixed.segment),
    },
    snapshot: {
      ...snapshot,
      user: rowsOf(snapshot.user),
      userTopic: rowsOf(snapshot.userTopic, topics),
      userFormat: rowsOf(snapshot.userFormat, formatCount),
      userCreator: { width: pairs, values: userCreator },
      creatorStart,
      creatorOf: Int32Array.from(kept, (pair) => snapshot.creatorOf[pair]!),
      clicked,
    },
  };
}
