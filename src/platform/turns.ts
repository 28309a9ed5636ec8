/**
 * Arms of one world that take turns: the requests of a round are split by arm, each policy answers its own, and the world plays the round
 * as one. So what arms share (budgets of ads, what is popular) is reached in the order of requests, and the order of the arms changes
 * nothing. All in this thread.
 */
import { growingImpressions, type GrowingImpressions } from "../log/index.js";
import type { Day, FeedbackBatch, Impressions, Policy, RequestBatch, SlateBatch } from "../types.js";
import type { World } from "../world/index.js";
import { type DayOfArm, observe, type Player, roomAfter } from "./player.js";
import { allShards, rounds, type Round } from "./rounds.js";
import type { VisitTimes } from "./user-days.js";

/** An arm with the users that are its own. */
export interface AssignedArm {
  readonly name: string;
  readonly policy: Policy;
  readonly assigned: Uint8Array; // [users] 1 = assigned
}

/** One player per arm, for `runPlatform`. @throws RangeError where a user is in two arms */
export function takeTurns(world: World, arms: readonly AssignedArm[]): readonly Player[] {
  const armOf = new Int16Array(world.catalogue.users.count).fill(-1);
  for (const [a, { name, assigned }] of arms.entries())
    assigned.forEach((is, user) => {
      if (is !== 1) return;
      if (armOf[user]! >= 0)
        throw new RangeError(`user ${user} is in ${arms[armOf[user]!]!.name} and ${name}; allowed: one arm`);
      armOf[user] = a;
    });
  const assigned = Uint8Array.from(armOf, (a) => (a >= 0 ? 1 : 0));
  const policies = arms.map(({ policy }) => policy);
  const rooms = arms.map(() => 0);
  let played: { readonly day: Day; readonly arms: readonly DayOfArm[] } | undefined;

  async function playAll(day: Day, signal?: AbortSignal, onShard?: Parameters<Player["play"]>[2]): Promise<void> {
    const logs = arms.map(({ name }, a) =>
      growingImpressions({ policies: [policies[a]!.name], policy: 0, arms: [name], arm: 0 }, rooms[a]),
    );
    const visits: VisitTimes[][] = arms.map(() => []);
    for (const shard of allShards) {
      signal?.throwIfAborted();
      const ended = (all: VisitTimes): void => arms.forEach((_, a) => visits[a]!.push(visitsOf(all, armOf, a)));
      for (const round of rounds(world, [shard], assigned, ended)) await playRound(round, policies, armOf, logs);
      onShard?.(
        shard + 1,
        logs.reduce((sum, log) => sum + log.rows().count, 0),
      );
      // lets timers, progress and Ctrl-C in between shards of synchronous policies
      if (shard % 8 === 7) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    played = { day, arms: logs.map((log, a) => ({ events: log.rows(), visits: visits[a]! })) };
    played.arms.forEach(({ events }, a) => (rooms[a] = roomAfter(events.count)));
  }

  return arms.map((_, a) => ({
    turns: armOf,
    openDay: async (day: Day, yesterday: Impressions | undefined) => policies[a]!.openDay(day, yesterday),
    observe: async (events: Impressions) => observe(policies[a]!, events),
    async play(day: Day, signal?: AbortSignal, onShard?: Parameters<Player["play"]>[2]): Promise<DayOfArm> {
      if (played?.day !== day) await playAll(day, signal, onShard);
      return played!.arms[a]!;
    },
    replace: (policy: Policy) => void (policies[a] = policy),
    close: async () => policies[a]!.close?.(),
  }));
}

/** Each arm's part of a round is answered by its policy; the pages are shown together, and each policy hears of its own. */
async function playRound(
  { requests, respond }: Round,
  policies: readonly Policy[],
  armOf: Int16Array,
  logs: readonly GrowingImpressions[],
): Promise<void> {
  const parts: { a: number; rows: readonly number[]; requests: RequestBatch; slates: SlateBatch }[] = [];
  for (const [a, policy] of policies.entries()) {
    const rows = Array.from(requests.user.keys()).filter((row) => armOf[requests.user[row]!] === a);
    if (rows.length === 0) continue;
    const own = take(requests, rows);
    const slates = await policy.recommend(own);
    if (slates.count !== own.count)
      throw new RangeError(
        `policy ${policy.name} answers ${slates.count} requests; allowed: the ${own.count} it was asked`,
      );
    parts.push({ a, rows, requests: own, slates });
  }
  const feedback = respond(merged(requests.count, parts));
  for (const { a, rows, requests: own, slates } of parts)
    policies[a]!.apply(logs[a]!.add(own, slates, take<FeedbackBatch>(feedback, rows)));
}

type Column = Float64Array | Int32Array | Int16Array | Uint8Array;

/** Some rows of a batch, in new memory. */
export function take<B extends { readonly count: number }>(batch: B, rows: readonly number[]): B {
  const columns = Object.entries(batch).map(([name, column]: [string, unknown]) => {
    if (!ArrayBuffer.isView(column)) return [name, name === "count" ? rows.length : column] as const;
    const width = (column as Column).length / batch.count;
    const some = new (column.constructor as new (length: number) => Column)(rows.length * width);
    rows.forEach((row, i) => some.set((column as Column).subarray(row * width, (row + 1) * width), i * width));
    return [name, some] as const;
  });
  return Object.fromEntries(columns) as unknown as B;
}

/** One batch of pages of the parts' pages, each at its own rows. A column that only some policies fill (ads) is 0 for the others. */
export function merged(
  count: number,
  parts: readonly { readonly rows: readonly number[]; readonly slates: SlateBatch }[],
): SlateBatch {
  const { slots } = parts[0]!.slates;
  const out: Record<string, unknown> = { count, slots };
  for (const { rows, slates } of parts)
    for (const [name, column] of Object.entries(slates) as [string, unknown][]) {
      if (!ArrayBuffer.isView(column)) continue;
      const width = (column as Column).length / slates.count;
      const all = (out[name] ??= new (column.constructor as new (length: number) => Column)(count * width)) as Column;
      rows.forEach((row, i) => all.set((column as Column).subarray(i * width, (i + 1) * width), row * width));
    }
  return out as unknown as SlateBatch;
}

function visitsOf({ user, startMs, endMs }: VisitTimes, armOf: Int16Array, a: number): VisitTimes {
  const mine = (_: number, i: number): boolean => armOf[user[i]!] === a;
  const own = user.filter(mine);
  return { count: own.length, user: own, startMs: startMs.filter(mine), endMs: endMs.filter(mine) };
}
