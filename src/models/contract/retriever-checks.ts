/**
 * The contract's part that retrievers keep: what is planted is found, lists are full rankings without seen items, bad pairs are
 * refused.
 */
import { plantedTastes, tasteItems, tasteTopics, tasteUsers, withValue } from "./rows.js";
import { sharedChecks } from "./shared-checks.js";
import { refuses, type FittedSubject, type ModelCheck, type ModelContractOptions } from "./types.js";
import { retrieveTop } from "./kinds.js";
import { byUser, type Interactions, type SparseRows } from "../retrievers/interactions.js";
import type { FitChoice, FittedRetriever, RetrieverChoice } from "../ladder.js";

/** The checks of a retriever. */
export function retrieverChecks(
  choice: RetrieverChoice,
  { config, seed = 11, seeded, tolerance, personal = true }: ModelContractOptions,
): readonly ModelCheck[] {
  const planted = (): Interactions => plantedTastes(seed); // fresh for each fit, which might write into them
  const rows = planted();
  const options: FitChoice = { seed, ...(config && { config }) };
  const everyone = Int32Array.from({ length: rows.userCount }, (_, id) => id);
  const fit = (some: Interactions): Promise<FittedRetriever> => choice.fit(some, options);
  const subject = (fitted: FittedRetriever): FittedSubject => ({
    says: (users) => fitted.score(users),
    ...(fitted.save && { save: (dir: string): Promise<string> => fitted.save!(dir) }),
  });
  let first: Promise<FittedRetriever> | undefined;
  const model = (): Promise<FittedRetriever> => (first ??= fit(planted()));
  return [
    personal
      ? {
          name: "an item of the user's planted taste that the user did not take ranks first",
          run: async () => checkTastes(await model(), byUser(rows)),
        }
      : { name: "the item taken most often ranks first", run: async () => checkPopular(await model(), rows) },
    {
      name: "scores are finite, one for each user and item, for a user who took nothing too",
      async run(): Promise<void> {
        const fitted = await model();
        if (fitted.itemCount !== rows.itemCount)
          throw new Error(`itemCount is ${fitted.itemCount}; expected ${rows.itemCount}`);
        const scores = fitted.score(everyone);
        if (scores.length !== everyone.length * rows.itemCount)
          throw new Error(`${scores.length} scores; expected ${everyone.length} users × ${rows.itemCount} items`);
        const bad = scores.findIndex((score) => !Number.isFinite(score));
        if (bad >= 0)
          throw new Error(
            `the score of item ${bad % rows.itemCount} for user ` +
              `${Math.floor(bad / rows.itemCount)} is ${scores[bad]}; allowed: finite numbers`,
          );
      },
    },
    {
      name: "lists come best first, without seen items, for users asked for twice; asked for too many they hold what exists",
      run: async () => checkLists(await model(), rows.userCount, byUser(rows)),
    },
    ...sharedChecks({
      probes: rows.userCount,
      seed,
      ...(seeded !== undefined && { seeded }),
      ...(tolerance !== undefined && { tolerance }),
      fit: async (other, control) => subject(await choice.fit(planted(), { ...options, seed: other }, control)),
      ...(choice.load && { load: async (dir: string): Promise<FittedSubject> => subject(await choice.load!(dir)) }),
    }),
    {
      name: "fitting leaves the interactions as they were",
      async run(): Promise<void> {
        const given = planted();
        (await fit(given)).score(everyone);
        for (const column of ["user", "item"] as const)
          if (given[column].some((id, at) => id !== rows[column][at]))
            throw new Error(`${column} was written into; allowed: to read it`);
      },
    },
    refuses("a user that does not exist is named", async () => {
      const fitted = await model();
      return [rows.userCount, -1].map(
        (user) => [`user ${user}`, () => fitted.score(Int32Array.of(user)), String(user)] as const,
      );
    }),
    refuses("no interactions, and columns of another length, are refused by name", async () => [
      ["a fit without interactions", () => fit({ ...rows, user: new Int32Array(0), item: new Int32Array(0) })],
      ["an item too few", () => fit({ ...rows, item: rows.item.slice(1) }), "item"],
    ]),
    refuses("ids out of range, and weights that are not finite, are refused by name", async () => [
      [
        "an item that does not exist",
        () => fit({ ...rows, item: withValue(rows.item, 3, rows.itemCount) }),
        "item",
        String(rows.itemCount),
      ],
      ["a user of -1", () => fit({ ...rows, user: withValue(rows.user, 4, -1) }), "user", "-1"],
      [
        "a weight of NaN",
        () => fit({ ...rows, weight: withValue(new Float32Array(rows.user.length).fill(1), 2, NaN) }),
        "weight",
        "NaN",
      ],
    ]),
  ];
}

/** The k best of each user by the model. */
function listsOf(fitted: FittedRetriever, users: Int32Array, k: number, seen: SparseRows): Int32Array {
  return retrieveTop(
    {
      score: (model: FittedRetriever, some) => model.score(some),
      itemCount: (model: FittedRetriever) => model.itemCount,
    },
    fitted,
    users,
    k,
    seen,
  );
}

function checkTastes(fitted: FittedRetriever, seen: SparseRows): void {
  const users = Int32Array.from({ length: tasteUsers }, (_, id) => id);
  const top = listsOf(fitted, users, 1, seen);
  const wrong = users.filter((user) => top[user]! % tasteTopics !== user % tasteTopics);
  if (wrong.includes(0) || wrong.length > 0.15 * tasteUsers) {
    const user = wrong.includes(0) ? 0 : wrong[0]!;
    throw new Error(
      `${wrong.length} of ${tasteUsers} users get an item of another topic ` +
        `first, as user ${user} item ${top[user]}; allowed: 15 %, not user 0`,
    );
  }
}

function checkPopular(fitted: FittedRetriever, rows: Interactions): void {
  const times = new Int32Array(tasteItems);
  rows.item.forEach((item) => times[item]!++);
  const scores = fitted.score(Int32Array.of(1));
  const best = scores.indexOf(Math.max(...scores));
  if (times[best] !== Math.max(...times))
    throw new Error(
      `item ${best}, taken ${times[best] ?? 0} times, ranks first; allowed: one taken ${Math.max(...times)} times`,
    );
}

/** Against sorting each user's scores; ties go to the smaller id. */
function checkLists(fitted: FittedRetriever, userCount: number, seen: SparseRows): void {
  const k = fitted.itemCount + 10;
  const users = Int32Array.from({ length: 2 * userCount }, (_, at) => at % userCount);
  const top = listsOf(fitted, users, k, seen);
  users.forEach((user, row) => {
    const scores = fitted.score(Int32Array.of(user));
    const taken = new Set(seen.ids.subarray(seen.offsets[user]!, seen.offsets[user + 1]!));
    const expected = Array.from(scores.keys())
      .filter((item) => !taken.has(item))
      .sort((a, b) => scores[b]! - scores[a]! || a - b);
    const found = Array.from(top.subarray(row * k, (row + 1) * k));
    const at = found.findIndex((item, place) => item !== (expected[place] ?? -1));
    if (at >= 0) throw new Error(`place ${at} of user ${user} holds item ${found[at]}; expected ${expected[at] ?? -1}`);
  });
}
