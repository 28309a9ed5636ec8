/**
 * All stages of one setting, computed or loaded on first use: what the tour and every notebook share, so that a learner may start
 * anywhere and the next notebook loads what an earlier one computed.
 */
import type { OfflineReport } from "./offline.js";
import { evaluateOffline } from "./offline.js";
import type { RunControl } from "../types.js";
import { tourArms } from "./arms/arm.js";
import type { PlayedArm } from "./arms/played-arm.js";
import { judgeArms, playArms, type Judged } from "./compare.js";
import { measureLatency, type LatencyReport } from "./latency.js";
import { logFacts, type LogFacts } from "./log-facts.js";
import { prepareFeatures, type Prepared } from "./prepare.js";
import { setting, type Setting, type SettingOptions } from "./setting.js";
import { simulateLog, type SimulatedLog } from "./simulate.js";
import { trainModels, type Trained } from "./train.js";

/** Stages by name. Each is made (or loaded) once; asking again gives the same promise. */
export interface Workshop {
  readonly setting: Setting;
  log(): Promise<SimulatedLog>;
  facts(): Promise<LogFacts>;
  prepared(): Promise<Prepared>;
  trained(): Promise<Trained>;
  offline(): Promise<OfflineReport>;
  arms(): Promise<readonly PlayedArm[]>;
  judged(): Promise<Judged>;
  /** Measured each time: latency depends on this machine, now. */
  latency(): Promise<LatencyReport>;
}

/**
 * Opens the workshop of a setting.
 * @example const shop = workshop({ scale: "tiny", seed: 42 }); const log = await shop.log();
 */
export function workshop(options: SettingOptions | Setting, control: RunControl = {}): Workshop {
  const chosen = "sizes" in options ? options : setting(options);
  const { online, latency } = chosen.sizes;
  const once = new Map<string, Promise<unknown>>();
  const stage =
    <T>(name: string, make: () => Promise<T>): (() => Promise<T>) =>
    () => {
      let made = once.get(name) as Promise<T> | undefined;
      if (made === undefined) {
        made = make();
        // a failed or interrupted stage may be tried again
        made.catch(() => once.delete(name));
        once.set(name, made);
      }
      return made;
    };
  const shop: Workshop = {
    setting: chosen,
    log: stage("log", () => simulateLog(chosen, named(control, "simulate"))),
    facts: stage("facts", async () => logFacts(await shop.log(), control)),
    prepared: stage("prepared", async () => prepareFeatures(await shop.log(), named(control, "prepare"))),
    trained: stage("trained", async () => trainModels(await shop.prepared(), {}, named(control, "train"))),
    offline: stage("offline", async () => evaluateOffline(await shop.trained(), named(control, "evaluate"))),
    arms: stage("arms", async () =>
      playArms(
        await shop.trained(),
        tourArms(online.candidates),
        { users: online.users, days: online.days },
        named(control, "compare"),
      ),
    ),
    judged: stage("judged", async () => judgeArms(await shop.arms())),
    latency: stage("latency", async () => measureLatency(await shop.trained(), latency, named(control, "latency"))),
  };
  return shop;
}

/** Puts the stage's name before each step's. */
function named(control: RunControl, stage: string): RunControl {
  const { onProgress } = control;
  return onProgress
    ? { ...control, onProgress: (step, done, total, detail) => onProgress(`${stage}: ${step}`, done, total, detail) }
    : control;
}
