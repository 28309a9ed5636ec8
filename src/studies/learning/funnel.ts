/**
 * The platform's funnel, two towers and DCN-v2, as what lives: each day is written to its own log, joined to point-in-time features, judged
 * as its ranker predicted it, and where a fit is due the ranker continues from its weights on the last days (`arms/learned.ts`). A
 * run that resumes opens its midnights again, and loads the rankers that it had fitted.
 */
import { readDay, writeDay } from "../../log/index.js";
import { auc } from "../../evaluation/index.js";
import { predictDcn } from "../../models/index.js";
import { pastOfTrained } from "../../pipeline/arms/past.js";
import { openArm } from "../../pipeline/arms/registry.js";
import type { Trained } from "../../pipeline/train.js";
import type { Day, Impressions, RunControl } from "../../types.js";
import type { World } from "../../world/index.js";
import type { DayLearned, LearningDay, Living } from "./living.js";
import type { LearningPlan } from "./plans.js";

/** A world at the end of the log that the funnel was fitted on, and the funnel; `dir` holds its own days and rankers. */
export async function openFunnel(
  trained: Trained,
  { policy: { when }, drift, days, warmUp }: LearningPlan,
  dir: string,
  past: readonly LearningDay[],
  control: RunControl,
): Promise<{ readonly world: World; readonly living: Living }> {
  const before = pastOfTrained(trained);
  const world = await before.world(drift);
  const { candidates = 200 } = before;
  const every = when === "never" ? days + warmUp : Number(when);
  let judged: Omit<DayLearned, "alarm" | "decision" | "gate"> = { auc: null, calibration: null, rows: 0 };
  const opened = await openArm(
    { name: "funnel", policy: { kind: "learned", candidates, objective: "watch", retrainEvery: every } },
    {
      ...{ world, seed: before.seed, past: before, logDir: dir },
      onRetrain({ ranker, today, rows }) {
        const { clickProbability } = predictDcn(ranker, today.features);
        const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0);
        const clicks = total(today.click);
        judged = {
          auc: clicks > 0 ? auc(Uint8Array.from(today.click), clickProbability) : null,
          calibration: clicks / Math.max(1e-9, total(clickProbability)),
          ...(rows === undefined ? { rows: 0 } : { rows, model: {} }),
        };
      },
    },
  );
  let current = opened.policy;
  const close = async (day: Day): Promise<void> => void (current = (await opened.retrain!(day, control)) ?? current);
  let yesterday: Impressions | undefined;
  for (const { day } of past) {
    await current.openDay(day, yesterday);
    await close(day);
    yesterday = await readDay(dir, day);
  }
  return {
    world,
    living: {
      policy: {
        name: current.name,
        openDay: (day, events) => current.openDay(day, events ?? yesterday),
        recommend: (requests) => current.recommend(requests),
        apply: (events) => current.apply(events),
      },
      async close(day, events, alarmed) {
        await writeDay(dir, day, events);
        await close(day);
        return { ...judged, alarm: alarmed(judged.auc), decision: judged.model ? "schedule" : "not yet" };
      },
      end: async () => void (await opened.close?.()),
    },
  };
}
