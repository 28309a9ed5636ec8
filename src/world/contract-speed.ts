/** The contract's last part: a minimum speed, so that a slow world is reported before somebody waits for it. */
import type { Check, Contract } from "./contract-types.js";
import { digestDays } from "./contract-play.js";

/** Plays days until a quarter of a CPU second has passed (the stand-in platform and the digests included), after one to warm up. */
export function speedCheck({ open, config, seed, leastSpeed }: Contract): Check {
  return {
    name: `at least ${leastSpeed.toLocaleString("en")} impressions are played per CPU second`,
    run(): void {
      digestDays(open(config, seed), 0, 2);
      let impressions = 0;
      const start = process.cpuUsage();
      const seconds = (): number => {
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1e6;
      };
      for (let round = 0; seconds() < 0.25; round++) {
        const world = open(config, seed + round);
        digestDays(world, 0, 3, ({ count }) => {
          impressions += count * config.slots;
        });
      }
      const speed = impressions / seconds();
      if (!(speed >= leastSpeed))
        throw new Error(
          `${Math.round(speed).toLocaleString("en")} impressions per CPU second; allowed: at least ${leastSpeed.toLocaleString("en")}`,
        );
    },
  };
}
