/**
 * The funnel on a device beside the server's: how much of the server's page it gives, how fast, how large, and what that costs in watch
 * minutes, with a bundle a day and with one bundle for good. The same requests, draws and users for all.
 */
import { withStore } from "../data/index.js";
import type { Interval } from "../evaluation/index.js";
import { judgeArms, openWorldAfter, playArms, type Arm, type Trained } from "../pipeline/index.js";
import { modelDirs } from "../pipeline/arms/learned.js";
import { bundle, openDevice, openLearnedFunnel, openTowers } from "../serving/index.js";
import { onnxRuntime } from "../serving/rank/onnx-runtime.js";
import { firstRequests, sliceRequests } from "../serving/requests.js";
import type { Catalogue, RunControl } from "../types.js";
import { titles } from "../world/index.js";

/** Bundles and what they answer. */
export interface EdgeReport {
  readonly videos: number;
  /** The bundle of one user. */
  readonly bundle: Uint8Array;
  readonly requests: number;
  /** Mean share of the server's page that the device's page holds, over `requests` users and times. */
  readonly overlap: number;
  /** One request at a time on one core, in Node. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

/** Makes the bundle of `user` and judges devices on `requests` first pages of the day after the log. */
export async function edgeStudy(
  trained: Trained,
  {
    user,
    requests,
    withTitles = true,
  }: { readonly user: number; readonly requests: number; readonly withTitles?: boolean },
  control: RunControl = {},
): Promise<EdgeReport> {
  const { log, aggregatesDir } = trained.prepared;
  const { seed, sizes } = log.setting;
  const world = await openWorldAfter(log);
  const { catalogue } = world;
  const day = log.setting.world.days;
  const config = { candidates: sizes.online.candidates };
  const dirs = modelDirs(trained);
  return withStore(catalogue, { from: aggregatesDir }, async (store) => {
    const server = await openLearnedFunnel({ catalogue, store, seed, ...dirs, config });
    const towers = await openTowers(dirs.twoTowerDir);
    const shared = { catalogue, store, towers, ...dirs, seed, config };
    try {
      await server.openDay(day, undefined);
      const live = catalogue.liveVideos[day]!;
      const names = withTitles
        ? titles(
            world,
            Int32Array.from({ length: live }, (_, video) => video),
          )
        : undefined;
      const own = await bundle({ ...shared, users: Int32Array.of(user), ...(names && { titles: names }) });
      const devices = await openDevice(await bundle(shared), await onnxRuntime());
      try {
        const asked = requestsOf(catalogue, day, requests);
        const ms: number[] = [];
        let common = 0;
        let places = 0;
        for (let row = 0; row < requests; row++) {
          control.signal?.throwIfAborted();
          const one = sliceRequests(asked, row, row + 1);
          const expected = new Set((await server.recommend(one)).video);
          const began = performance.now();
          const { video } = await devices.policy.recommend(one);
          ms.push(performance.now() - began);
          common += video.reduce((sum, id) => sum + (expected.has(id) ? 1 : 0), 0);
          places += video.length;
          if (row % 50 === 49) control.onProgress?.("requests", row + 1, requests);
        }
        ms.sort((a, b) => a - b);
        const at = (share: number): number => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))]!;
        return {
          videos: live,
          bundle: own,
          requests,
          overlap: common / places,
          latencyMs: { p50: at(0.5), p99: at(0.99) },
        };
      } finally {
        await devices.close();
      }
    } finally {
      await towers.close?.();
      await server.close();
    }
  });
}

/** Arms of the server, of devices with a bundle a day, and of devices with the first bundle for good. */
export function edgeArms(candidates: number): readonly Arm[] {
  return [
    { name: "popularity", policy: { kind: "popularity" } },
    { name: "server", policy: { kind: "learned", candidates, objective: "watch" } },
    { name: "edge, a bundle a day", policy: { kind: "edge", candidates, objective: "watch", syncEvery: 1 } },
    { name: "edge, one bundle", policy: { kind: "edge", candidates, objective: "watch" } },
  ];
}

/** Watch minutes per user and day of each arm, and less the server's, which is among them. */
export async function edgeWatch(
  trained: Trained,
  control: RunControl = {},
  arms: readonly Arm[] = edgeArms(trained.prepared.log.setting.sizes.online.candidates),
): Promise<
  readonly { readonly arm: string; readonly watchMinutes: Interval; readonly lessServer: Interval | undefined }[]
> {
  const { users, days } = trained.prepared.log.setting.sizes.online;
  const pairs = arms.map(({ name }) => ["server", name] as const);
  const judged = judgeArms(await playArms(trained, arms, { users, days }, control), pairs);
  return judged.arms.map(({ name, metrics }) => ({
    arm: name,
    watchMinutes: metrics.metrics.watchMinutes,
    lessServer: judged.comparisons.find((pair) => pair.treatment === name && name !== pair.control)?.comparison.metrics
      .watchMinutes.difference,
  }));
}

/** First pages of many users, each at another time of the day. */
function requestsOf(catalogue: Catalogue, day: number, count: number): ReturnType<typeof firstRequests> {
  const user = Int32Array.from({ length: count }, (_, i) => i % catalogue.users.count);
  const requests = firstRequests(
    day,
    user,
    Uint8Array.from(user, (id) => catalogue.users.device[id]!),
    0,
  );
  requests.timeMs.forEach((_, i) => {
    requests.timeMs[i] = ((i * 37) % 1440) * 60_000;
    requests.request[i] = requests.session[i]! * 64 + Math.floor(i / catalogue.users.count);
  });
  return requests;
}
