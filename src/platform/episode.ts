/** A policy in an environment: what `runPlatform` does with one arm, by `reset` and `step`. The events are the same, byte by byte. */
import { concatImpressions, emptyImpressions } from "../log/index.js";
import type { Day, Impressions, Policy, RunControl } from "../types.js";
import type { Environment } from "./environment.js";

/** A day of an episode. */
export interface EpisodeDay {
  readonly day: Day;
  readonly events: Impressions;
  readonly reward: number; // sum over the day's requests
  readonly requests: number;
}

/**
 * Plays one episode and gives its days. The policy is called at each midnight (`openDay`) and for each answered batch (`apply`).
 * Aborts between batches.
 */
export async function playEpisode(
  env: Environment,
  policy: Policy,
  seed?: number,
  control: RunControl = {},
): Promise<readonly EpisodeDay[]> {
  const { observation: first } = env.reset(seed);
  const days: EpisodeDay[] = [];
  let rounds: Impressions[] = [];
  let reward = 0;
  let requests = 0;
  let names: Pick<Impressions, "policies" | "arms"> = { policies: [policy.name], arms: [policy.name] };
  const close = (): Impressions => {
    const events = rounds.length > 0 ? concatImpressions(rounds) : emptyImpressions(names.policies, names.arms);
    days.push({ day: days.length, events, reward, requests });
    control.onProgress?.("days", days.length, env.days);
    [rounds, reward, requests] = [[], 0, 0];
    return events;
  };
  await policy.openDay(0, undefined);
  for (let observation = first, over = first.count === 0; !over;) {
    control.signal?.throwIfAborted();
    while (days.length < observation.day) await policy.openDay(days.length + 1, close());
    const slates = await policy.recommend(observation);
    const step = env.step(slates);
    names = step.info.events;
    policy.apply(step.info.events);
    rounds.push(step.info.events);
    for (const paid of step.reward) reward += paid;
    requests += slates.count;
    over = step.terminated || step.truncated;
    observation = step.observation;
  }
  close();
  return days;
}
