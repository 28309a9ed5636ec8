/** Arms that need no training: random pages, the logging policy, popularity with variants, the oracle. */
import { readDay } from "../../log/index.js";
import { keyOf, uniform } from "../../random.js";
import {
  createLoggingPolicy,
  createUniformPolicy,
  openPopularityFunnel,
  type RerankConfig,
} from "../../serving/index.js";
import type { Policy, RequestBatch, SlateBatch } from "../../types.js";
import type { Goal, World } from "../../world/index.js";
import { oraclePolicy } from "../../pipeline/policies.js";
import type { SimulatedLog } from "../../pipeline/simulate.js";
import { countingStore, type History } from "./counting-store.js";

/** An arm of a twin study. */
export type TwinArm =
  | { readonly name: string; readonly kind: "uniform" }
  | { readonly name: string; readonly kind: "logging" }
  | {
      readonly name: string;
      readonly kind: "popularity";
      readonly rerank?: Partial<RerankConfig>;
      readonly uniformPages?: number;
    } // share of pages that are random
  | { readonly name: string; readonly kind: "oracle"; readonly goal: Goal };

/** Opens the policy of an arm on a world restored to the log's evening. Equal `seed`, equal luck of the policy's own draws. */
export async function openTwinArm(
  log: SimulatedLog,
  history: History,
  arm: TwinArm,
  world: World,
  seed: number,
): Promise<Policy> {
  const { setting, dir, days } = log;
  const { catalogue } = world;
  const base = { catalogue, seed, name: arm.name };
  const { slots } = setting.world;
  if (arm.kind === "uniform") return createUniformPolicy({ ...base, slots });
  if (arm.kind === "oracle") return oraclePolicy(world, arm.name, arm.goal);
  if (arm.kind === "logging") {
    const policy = createLoggingPolicy({ ...base, config: setting.logging });
    for (const day of days) policy.observe(await readDay(dir, day));
    return policy;
  }
  const config = { candidates: setting.sizes.online.candidates, rerank: { slots, ...arm.rerank } };
  const popularity = openPopularityFunnel({ ...base, store: countingStore(history), config });
  const share = arm.uniformPages ?? 0;
  return share > 0 ? withUniformPages(popularity, createUniformPolicy({ ...base, slots }), share, seed) : popularity;
}

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
