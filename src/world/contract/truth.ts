/** The contract's fourth part: the oracle's probabilities lie in [0, 1], and events are as frequent as they say. */
import { shardCount } from "../../types.js";
import type { Check, Contract } from "./types.js";
import { hashedSlates } from "./play.js";

/** Checks of the oracle; none for a world without one. */
export function truthChecks({ open, config, seed, oracle: truthOf }: Contract): readonly Check[] {
  if (truthOf === false) return [];
  const probability = (name: string, value: number): void => {
    if (!(value >= 0 && value <= 1)) throw new Error(`${name} is ${value}; allowed: a probability in [0, 1]`);
  };
  return [
    {
      name: "probabilities lie in [0, 1] and expectations are finite",
      run(): void {
        const world = open(config, seed);
        const oracle = truthOf(world);
        world.openDay(0);
        const videos = Int32Array.from({ length: world.catalogue.liveVideos[0]! }, (_, v) => v);
        const out = {
          clickProbability: new Float32Array(videos.length),
          watchMs: new Float32Array(videos.length),
          satisfaction: new Float32Array(videos.length),
        };
        for (let user = 0; user < world.catalogue.users.count; user += 7) {
          const context = { timeMs: (user * 5_000_011) % 86_400_000, device: user % 4 };
          oracle.expected(user, videos, context, out);
          for (const v of videos) {
            const p = out.clickProbability[v]!;
            probability(`P(click) of user ${user}, video ${v}`, p);
            const most = p * world.catalogue.videos.durationMs[v]! * (1 + 1e-5); // float32
            if (!(out.watchMs[v]! >= 0 && out.watchMs[v]! <= most))
              throw new Error(
                `expected watch time of user ${user}, video ${v} is ${out.watchMs[v]} ms; allowed: 0 to P(click) × duration, ${most}`,
              );
            if (!Number.isFinite(out.satisfaction[v]))
              throw new Error(
                `expected satisfaction of user ${user}, video ${v} is ${out.satisfaction[v]}; allowed: a finite number`,
              );
          }
          oracle.examination(user).forEach((p, k) => probability(`P(examined at ${k}) of user ${user}`, p));
          probability(`P(visit) of user ${user} on day 0`, oracle.visitProbability(user, 0));
        }
      },
    },
    {
      name: "clicks and watch time come as often as the oracle expects",
      run(): void {
        const world = open(config, seed);
        const oracle = truthOf(world);
        const { slots } = config;
        let [clicks, expected, watched, watchExpected, watchSquares] = [0, 0, 0, 0, 0];
        for (let day = 0; day < 3; day++) {
          world.openDay(day);
          for (let shard = 0; shard < shardCount; shard++) {
            const open = world.openShard(shard);
            for (let requests = open.next(); requests !== undefined; requests = open.next()) {
              const { user, timeMs, device } = requests;
              const slates = hashedSlates(world, requests);
              const pages = Array.from(user, (who, row) =>
                oracle.expectedAt(who, slates.video.subarray(row * slots, (row + 1) * slots), {
                  timeMs: timeMs[row]!,
                  device: device[row]!,
                }),
              );
              const feedback = open.respond(slates);
              pages.forEach((page, row) => {
                if (oracle.bot(user[row]!) !== undefined) return; // bots do not choose
                for (let k = 0; k < slots; k++) {
                  const at = row * slots + k;
                  clicks += feedback.click[at]!;
                  expected += page.clickProbability[k]!;
                  watched += feedback.watchMs[at]!;
                  watchExpected += page.watchMs[k]!;
                  watchSquares += feedback.watchMs[at]! ** 2;
                }
              });
            }
          }
          world.closeDay();
        }
        // clicks of one page depend on each other in the cascade and the multinomial model: twice the spread of independent ones, and 4
        // of those
        const most = 8 * Math.sqrt(expected);
        if (!(Math.abs(clicks - expected) <= most))
          throw new Error(
            `${clicks} clicks where the oracle expects ${expected.toFixed(1)}; allowed: to differ by at most ${most.toFixed(1)}`,
          );
        const mostMs = 8 * Math.sqrt(watchSquares);
        if (!(Math.abs(watched - watchExpected) <= mostMs))
          throw new Error(
            `${watched} ms watched where the oracle expects ${watchExpected.toFixed(0)}; ` +
              `allowed: to differ by at most ${mostMs.toFixed(0)}`,
          );
      },
    },
  ];
}
