/**
 * Soaks `stagecraft serve` for ten minutes at 70 % of the rate that `bench serve` asks for, with events, swaps of models and index, a damaged
 * model offered, and restarts of a Redis beneath where there is a redis-server: no failed request, memory grows at most 5 % after the warm-up.
 * node scripts/drills/soak-serve.mjs [--times 10 (minutes)] [--seed 1]
 */
import { join } from "node:path";
import { knownUsers, startService } from "../../bench/load/service.mjs";
import { mixOf, soak } from "../../bench/load/soak.mjs";
import { soakText } from "../../bench/serve.mjs";
import { hasRedis, startRedis } from "../checks/redis.mjs";
import { drill } from "./shared/drill.mjs";

await drill(10, async ({ times, folder, draw, tell }) => {
  const redis = hasRedis() ? await startRedis() : undefined;
  const words = ["--scale", "tiny", "--out", join(folder, "artifacts"), "--events", join(folder, "online")];
  const service = await startService([...words, ...(redis ? ["--redis", redis.url] : [])]);
  const users = await knownUsers(service.url, 300);
  const { day } = await (await fetch(`${service.url}/readyz`)).json();
  const found = await soak(service, {
    ...{
      requests: mixOf(users, { day, everyth: 5 }),
      rate: 56,
      seconds: 60 * times,
      seed: draw("load"),
      swapEveryMs: 20_000,
    },
    ...(redis && { restartStore: () => redis.restart() }),
  });
  const code = await service.stop();
  redis?.stop();
  const wrong = [
    ...(found.failed > 0 ? [`${found.failed} failed requests`] : []),
    ...found.swaps.faults,
    ...(found.growth > 0.05 ? [`memory grew by ${(100 * found.growth).toFixed(1)} %`] : []),
    ...(code === 0 ? [] : [`exit code ${code}`]),
  ];
  tell(`soak of ${times} minutes${redis ? "" : " (no redis-server: the store is not restarted)"}`, wrong, "no fault");
  process.stdout.write(`${soakText(found)}\n`);
});
