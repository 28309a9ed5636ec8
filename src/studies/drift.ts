/**
 * Step 7: a sudden concept drift on a known day, played twice with the same users: with frozen models, and with the ranker refitted
 * each night. What monitors see (PSI of features and predictions, a detector on a daily metric) is compared with the known day.
 */
import { codeHash, makeOrLoad, writeJsonAtomic } from "../artifacts/index.js";
import { columnOf, concatMatrices, openAggregates, trainingRows, type TrainingSet } from "../data/index.js";
import { compareArms, dailyMetric, type Comparison, type DailyMetric } from "../evaluation/index.js";
import { detect, driftTable, type DriftRow } from "../monitoring/index.js";
import { filterUserDays } from "../platform/index.js";
import { openRanker } from "../serving/index.js";
import type { Day, RunControl, UserDays } from "../types.js";
import type { Arm } from "../pipeline/arms/arm.js";
import type { Trial } from "../pipeline/arms/play.js";
import type { PlayedArm } from "../pipeline/arms/played-arm.js";
import { playArms } from "../pipeline/compare.js";
import type { Trained } from "../pipeline/train.js";

/** The drift pair and what its monitors say. */
export interface DriftReport {
  readonly day: Day; // of the drift
  readonly firstDay: Day;
  readonly arms: readonly {
    readonly name: string;
    readonly watch: readonly DailyMetric[];
    readonly ctr: readonly DailyMetric[];
  }[];
  /** Retrained minus frozen over all days of the pair, paired by user. */
  readonly effect: Comparison;
  /** The same over the days from the drift on. */
  readonly effectAfter: Comparison;
  /** PSI of the frozen arm's features and predictions, days before the drift against days after it. */
  readonly psi: readonly DriftRow[];
  /** PSI between two halves of the days before the drift: what no drift looks like. */
  readonly psiQuiet: readonly DriftRow[];
  /** First alarm of a CUSUM on the frozen arm's daily CTR, against the days before the drift. */
  readonly alarmDay: Day | undefined;
}

/** Share of all users' tastes that jump to other topics overnight. */
export const driftStrength = 0.7;

/** The two arms. */
export function driftArms(candidates: number): readonly Arm[] {
  return [
    { name: "frozen", policy: { kind: "learned", candidates } },
    { name: "retrained", policy: { kind: "learned", candidates, retrainEvery: 1 } },
  ];
}

/** Plays (or loads) the pair and reads its monitors. */
export async function runDrift(trained: Trained, control: RunControl = {}): Promise<DriftReport> {
  const { setting } = trained.prepared.log;
  const firstDay = setting.world.days;
  const { users, days, day: offset } = setting.sizes.drift;
  const day = firstDay + offset;
  const trial: Trial = { users, days, drift: [{ day, kind: "concept", strength: driftStrength }] };
  const arms = await playArms(trained, driftArms(setting.sizes.online.candidates), trial, control);
  const [frozen, retrained] = arms as [PlayedArm, PlayedArm];
  const ctr = dailyMetric(frozen.userDays, "ctr");
  const alarm = detect(
    ctr.map(({ interval }) => interval.estimate),
    offset,
  ).firstAlarm;
  const after = ({ userDays }: PlayedArm): UserDays => filterUserDays(userDays, (row) => userDays.day[row]! >= day);
  return {
    day,
    firstDay,
    arms: arms.map(({ name, userDays }) => ({
      name,
      watch: dailyMetric(userDays, "watchMinutes"),
      ctr: dailyMetric(userDays, "ctr"),
    })),
    effect: compareArms(frozen.userDays, retrained.userDays, { paired: true }),
    effectAfter: compareArms(after(frozen), after(retrained), { paired: true }),
    ...(await psiOf(trained, frozen, day)),
    alarmDay: alarm === undefined ? undefined : firstDay + alarm,
  };
}

/** Rows of the frozen arm, joined as they were served, and their predictions, in windows before and after the drift. */
async function psiOf(
  trained: Trained,
  frozen: PlayedArm,
  driftDay: Day,
): Promise<Pick<DriftReport, "psi" | "psiQuiet">> {
  const { log } = trained.prepared;
  const code = codeHash(import.meta.url);
  const inputs = [frozen.artifact.id];
  const spec = { root: log.setting.datasets, kind: "drift-psi", config: { driftDay }, inputs, code };
  const artifact = await makeOrLoad(spec, async (dir) => {
    const { catalogue } = log;
    const aggregates = await openAggregates(catalogue, { from: trained.prepared.aggregatesDir });
    const ranker = await openRanker(trained.ranker.artifact.dir);
    const byDay = new Map<Day, TrainingSet>();
    try {
      for (const day of frozen.days) {
        byDay.set(day, await trainingRows({ catalogue, logDir: frozen.logDir, days: [day], aggregates }));
        await aggregates.appendLog(frozen.logDir, [day]);
      }
      const window = async (
        days: readonly Day[],
      ): Promise<{ rows: TrainingSet["features"]; click: Float32Array; watch: Float32Array }> => {
        const rows = concatMatrices(days.map((day) => (byDay.get(day) as TrainingSet).features));
        const { clickProbability, watchMs } = await ranker.predict(rows);
        return { rows, click: Float32Array.from(clickProbability), watch: Float32Array.from(watchMs) };
      };
      const table = async (before: readonly Day[], after: readonly Day[]): Promise<DriftRow[]> => {
        const [reference, current] = [await window(before), await window(after)];
        return driftTable(reference.rows, current.rows, {
          without: ["user_id", "video_id", "creator", "position"],
          units: ["user_id", "video_id", "creator"].map((name) => ({
            reference: columnOf(reference.rows, name),
            current: columnOf(current.rows, name),
          })),
          predictions: {
            "predicted click": { reference: reference.click, current: current.click },
            "predicted watch": { reference: reference.watch, current: current.watch },
          },
        });
      };
      const before = frozen.days.filter((day) => day < driftDay);
      const after = frozen.days.filter((day) => day > driftDay);
      const middle = Math.ceil(before.length / 2);
      const result = {
        psi: await table(before, after),
        psiQuiet: await table(before.slice(0, middle), before.slice(middle)),
      };
      await writeJsonAtomic(`${dir}/psi.json`, result);
      return result;
    } finally {
      await ranker.close();
      aggregates.close();
    }
  });
  return artifact.manifest.extra as unknown as Pick<DriftReport, "psi" | "psiQuiet">;
}
