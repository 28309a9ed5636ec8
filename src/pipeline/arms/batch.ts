/**
 * The learned funnel in batch as an arm: every `everyDays` days candidates are ranked ahead for all accounts at midnight (serving/batch),
 * and requests only look them up. Who joined since gets what is popular in their segment.
 */
import { openStore } from "../../data/index.js";
import { openLearnedFunnel, rerankDefaults } from "../../serving/index.js";
import { lookUp, rankAhead, type RankedAhead } from "../../serving/batch/ranked-ahead.js";
import { segmentPages } from "../../serving/online/segment-page.js";
import type { Day, Impressions, Policy } from "../../types.js";
import type { OpenBuiltIn } from "./arm.js";
import { modelDirs } from "./learned.js";

export const open: OpenBuiltIn<"batch"> = async (choice, { world, seed, name, past: { trained } }) => {
  const { kind: _, everyDays = 1, top = 100, ...config } = choice;
  if (trained === undefined) throw new Error(`arm ${name}: batch needs trained models; train them first`);
  const { catalogue } = world;
  const store = await openStore(catalogue, { from: trained.prepared.aggregatesDir });
  const funnel = await openLearnedFunnel({ catalogue, seed, name, store, ...modelDirs(trained), config });
  const pages = segmentPages(catalogue, store);
  const { slots } = { ...rerankDefaults, ...config.rerank };
  let ahead = new Map<number, RankedAhead>();
  let made: Day = -Infinity;
  const policy: Policy = {
    name,
    async openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
      await funnel.openDay(day, yesterday);
      await pages.refresh(day);
      if (day - made < everyDays) return;
      ahead = new Map();
      for await (const { ranked } of rankAhead(catalogue, funnel.stages, { day, top }))
        for (const [user, one] of ranked) ahead.set(user, one);
      made = day;
    },
    recommend(requests) {
      const { candidates, scores } = lookUp(requests, (user) => ahead.get(user), {
        ...{ top, atLeast: slots },
        hasSeen: (user, video) => store.hasSeen(user, video),
        popular: (user) => pages.ofUser(user, slots),
      });
      return funnel.stages.rerank(requests, candidates, scores);
    },
    apply: (events) => store.apply(events),
    close: () => funnel.close(),
  };
  return { policy, close: () => store.close() };
};
