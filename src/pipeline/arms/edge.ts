/**
 * The funnel on devices as an arm: each user's device answers from its last bundle (serving/edge), int8 and without a network, and
 * learns its own visits and clicks. `syncEvery` days a new bundle comes; without it the first one stays, and later uploads are unknown.
 */
import { openStore } from "../../data/index.js";
import { bundle, openDevice, openTowers, type Device } from "../../serving/index.js";
import { onnxRuntime } from "../../serving/rank/onnx-runtime.js";
import type { Day, Impressions, Policy } from "../../types.js";
import type { OpenBuiltIn } from "./arm.js";
import { modelDirs } from "./learned.js";

export const open: OpenBuiltIn<"edge"> = async ({ kind: _, syncEvery = 0, ...config }, { world, seed, name, past }) => {
  const { trained } = past;
  if (trained === undefined) throw new Error(`arm ${name}: devices need trained models; train them first`);
  const { catalogue } = world;
  const { twoTowerDir, rankerDir } = modelDirs(trained);
  const store = await openStore(catalogue, { from: trained.prepared.aggregatesDir });
  const towers = await openTowers(twoTowerDir);
  let device: Device | undefined;
  let synced: Day = 0;
  const opened = (): Device => {
    if (!device) throw new Error(`policy ${name}: no day is open: call openDay first`);
    return device;
  };
  const policy: Policy = {
    name,
    async openDay(day: Day, yesterday: Impressions | undefined): Promise<void> {
      if (yesterday) await store.append(yesterday);
      if (device && (syncEvery === 0 || day - synced < syncEvery)) return device.policy.openDay(day, yesterday);
      await device?.close();
      await store.openDay(day);
      const bytes = await bundle({ catalogue, store, towers, twoTowerDir, rankerDir, seed, config });
      device = await openDevice(bytes, await onnxRuntime(), { name });
      synced = day;
    },
    recommend: (requests) => opened().policy.recommend(requests),
    apply: (events) => opened().policy.apply?.(events),
    async close(): Promise<void> {
      await device?.close();
      await towers.close?.();
    },
  };
  return { policy, close: () => store.close() };
};
