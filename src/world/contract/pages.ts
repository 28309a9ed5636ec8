/** The contract's second part: what a world hands out is the public record, its ids are known and its times are consistent. */
import { shardCount } from "../../types.js";
import type { Check, Contract } from "./types.js";
import { playOpened } from "./play.js";
import { checkCatalogue, checkFeedback, checkRequests, checkVisits } from "./records.js";
import { horizonDays } from "../config.js";

/** Checks of the catalogue, requests, feedback, visits and time. */
export function recordChecks({ open, config, seed }: Contract): readonly Check[] {
  /** Plays `days` days; `onShard` is called at the start of each shard. */
  const eachShard = (
    days: number,
    onShard: (world: ReturnType<typeof open>, shard: number) => void,
    changed = config,
  ): void => {
    const world = open(changed, seed);
    for (let day = 0; day < days; day++) {
      world.openDay(day);
      for (let shard = 0; shard < shardCount; shard++) onShard(world, shard);
      world.closeDay();
    }
  };
  return [
    {
      name: "the catalogue is the public record and nothing else",
      run: () => checkCatalogue(open(config, seed).catalogue, horizonDays(config)),
    },
    {
      name: "requests are of known users who have joined, with ids as documented, and nothing else",
      run: () =>
        eachShard(
          2,
          (world, shard) =>
            void playOpened(world, world.openShard(shard), (requests) =>
              checkRequests(requests, world.catalogue, shard, config.campaigns),
            ),
        ),
    },
    {
      name: "feedback is what a platform can see and nothing else",
      run: () =>
        eachShard(
          2,
          (world, shard) =>
            void playOpened(world, world.openShard(shard), (_requests, slates, feedback) =>
              checkFeedback(feedback, slates, world.catalogue),
            ),
        ),
    },
    {
      name: "visits lie within the day",
      run: () => eachShard(2, (world, shard) => checkVisits(playOpened(world, world.openShard(shard)))),
    },
    {
      name: "time passes: pages in order, watching fits between them, visits do not overlap",
      run: () => eachShard(2, checkTimes),
    },
    {
      name: "the time budget is kept: with a hundredth of it visits are shorter, and no page is requested after it is spent",
      run(): void {
        const pagesAt = (budgetMs: number): number => {
          let pages = 0;
          let visits = 0;
          eachShard(
            1,
            (world, shard) => {
              visits += playOpened(world, world.openShard(shard), ({ count }) => {
                pages += count;
              }).count;
            },
            { ...config, budgetMs },
          );
          if (visits === 0) throw new Error("nobody visits on day 0; allowed: a config with visits");
          return pages / visits;
        };
        const [usual, short] = [pagesAt(config.budgetMs), pagesAt(1_000)];
        // a page takes at least browseMs, the budget is exponential with a mean of 1 s: few see a second page
        const most = 1 + 2 * Math.exp(-config.browseMs / 1_000) + 0.1;
        if (!(short < usual && short <= most))
          throw new Error(
            `visits have ${short.toFixed(2)} pages with a budget of 1 s, ` +
              `${usual.toFixed(2)} with the usual; allowed: fewer, at most ${most.toFixed(2)}`,
          );
      },
    },
  ];
}

function checkTimes(world: ReturnType<Contract["open"]>, shard: number): void {
  const next = new Map<number, { readonly page: number; readonly earliest: number }>(); // by session
  const first = new Map<number, number>();
  const visits = playOpened(world, world.openShard(shard), (requests, { slots }, feedback) => {
    for (let i = 0; i < requests.count; i++) {
      const [session, page, at] = [requests.session[i]!, requests.page[i]!, requests.timeMs[i]!];
      const due = next.get(session) ?? { page: 0, earliest: 0 };
      if (page !== due.page) throw new Error(`session ${session} asks for page ${page}; allowed: ${due.page}`);
      if (at < due.earliest)
        throw new Error(
          `session ${session} asks for page ${page} at ${at} ms; allowed: from ${due.earliest} ms, when the page before was watched`,
        );
      if (page === 0) first.set(session, at);
      let watched = 0;
      for (let k = i * slots; k < (i + 1) * slots; k++) watched += feedback.watchMs[k]!;
      next.set(session, { page: page + 1, earliest: at + watched });
    }
  });
  if (visits.count !== first.size)
    throw new Error(`${visits.count} visits ended, ${first.size} began; allowed: the same`);
  const ends = new Map<number, number>(); // by user
  for (let i = 0; i < visits.count; i++) {
    const [session, user, start, end] = [visits.session[i]!, visits.user[i]!, visits.startMs[i]!, visits.endMs[i]!];
    if (first.get(session) !== start)
      throw new Error(
        `session ${session} began at ${start} ms, its first page was asked for at ${String(first.get(session))}; allowed: the same`,
      );
    if (end < Math.min(86_400_000, next.get(session)?.earliest ?? 0))
      throw new Error(
        `session ${session} ended at ${end} ms; allowed: not before its last ` +
          `page was watched, ${next.get(session)?.earliest} ms, or midnight`,
      );
    if (start < (ends.get(user) ?? 0))
      throw new Error(
        `user ${user} begins a visit at ${start} ms; allowed: from ${ends.get(user)} ms, when the last one ended`,
      );
    ends.set(user, end);
  }
}
