/** The popularity funnel as an arm, and a share of random pages among any policy's. */
import { openStore } from "../../data/index.js";
import { keyOf, uniform } from "../../random.js";
import { countingStore, createUniformPolicy, openPopularityFunnel } from "../../serving/index.js";
import type { Policy, RequestBatch, SlateBatch } from "../../types.js";
import type { OpenBuiltIn } from "./arm.js";

/** Over the feature store where features were prepared, else over counts in memory: the same pages, opened in a millisecond. */
export const open: OpenBuiltIn<"popularity"> = async (
  { kind: _, uniformPages = 0, ...config },
  { world, seed, name, past },
) => {
  const { catalogue } = world;
  const { slots } = world.config;
  const { prepared, candidates } = past;
  const features = prepared && (await openStore(catalogue, { from: prepared.aggregatesDir }));
  const popularity = openPopularityFunnel({
    catalogue,
    seed,
    name,
    store: features ?? countingStore(await past.history()),
    config: { ...(candidates && { candidates }), ...config, rerank: { slots, ...config.rerank } },
  });
  const policy =
    uniformPages === 0
      ? popularity
      : withUniformPages(popularity, createUniformPolicy({ catalogue, seed, name, slots }), uniformPages, seed);
  return { policy, close: () => features?.close() };
};

/**
 * A share of pages, chosen by a hash of the request, is answered by another policy. A slate's propensities are those given who answered, so
 * logs of it are not for off-policy estimates (that takes the marginal over both, as the logging policy has it).
 */
export function withUniformPages(policy: Policy, random: Policy, share: number, seed: number): Policy {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`uniformPages is ${share}; it must be in [0, 1]`);
  const key = keyOf(seed, "twins/uniform-pages");
  return {
    name: policy.name,
    async openDay(day, yesterday) {
      await policy.openDay(day, yesterday);
      await random.openDay(day, yesterday);
    },
    async recommend(requests: RequestBatch): Promise<SlateBatch> {
      const [slates, pages] = [await policy.recommend(requests), await random.recommend(requests)];
      for (let row = 0; row < requests.count; row++) {
        const request = requests.request[row]!;
        if (uniform(key, request, Math.floor(request / 4_294_967_296)) >= share) continue;
        for (const column of ["video", "source", "propensity"] as const) {
          slates[column].set(pages[column].subarray(row * slates.slots, (row + 1) * slates.slots), row * slates.slots);
        }
      }
      return slates;
    },
    apply: (events) => policy.apply(events),
  };
}
