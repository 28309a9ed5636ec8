/** The contract's first part: same seed, same bytes, in whatever order the world is played. */
import { shardCount } from "../../types.js";
import type { Check, Contract } from "./types.js";
import { digestCatalogue, digestDays, digestShards, firstDifference, playOpened } from "./play.js";
import type { World } from "../world.js";

/** Checks of determinism: seeds, snapshots, the order of shards, arms that share a day, threads. */
export function replayChecks({ open, config, seed, thread }: Contract): readonly Check[] {
  const opened = (at = seed): World => open(config, at);
  const mustAgree = (what: string, a: readonly string[], b: readonly string[], from = 0): void => {
    const where = firstDifference(a, b, from);
    if (where !== undefined) throw new Error(`${what} differs from ${where} on; allowed: the same bytes`);
  };
  return [
    {
      name: "the same config and seed give the same bytes",
      run(): void {
        const [one, two] = [opened(), opened()];
        if (digestCatalogue(one.catalogue) !== digestCatalogue(two.catalogue))
          throw new Error("the catalogues of two worlds of one seed differ; allowed: the same bytes");
        mustAgree("a second world of the same seed", digestDays(one, 0, 2), digestDays(two, 0, 2));
      },
    },
    {
      name: "another seed gives another world",
      run(): void {
        const [one, two] = [opened(), opened(seed + 1)];
        if (digestCatalogue(one.catalogue) === digestCatalogue(two.catalogue))
          throw new Error(`seeds ${seed} and ${seed + 1} give the same catalogue; allowed: another one`);
        if (firstDifference(digestDays(one, 0, 1), digestDays(two, 0, 1)) === undefined)
          throw new Error(`seeds ${seed} and ${seed + 1} give the same day; allowed: another one`);
      },
    },
    {
      name: "a restored snapshot replays the days after it, in this world and in another of its seed",
      run(): void {
        const world = opened();
        digestDays(world, 0, 1);
        const snapshot = world.snapshot();
        const kept = snapshot.columns.map((column) => column.slice());
        const first = digestDays(world, 1, 3);
        if (snapshot.columns.some((column, i) => Buffer.compare(column, kept[i] as Uint8Array) !== 0))
          throw new Error("a snapshot changed while the world continued; allowed: a copy");
        world.restore(snapshot);
        mustAgree("the world after restore", first, digestDays(world, 1, 3), 1);
        const other = opened();
        other.restore(snapshot);
        mustAgree("another world after restore", first, digestDays(other, 1, 3), 1);
      },
    },
    {
      name: "shards may be played in any order",
      run(): void {
        const backwards = (): number[] => Array.from({ length: shardCount }, (_, i) => shardCount - 1 - i);
        mustAgree(
          "the world with its shards in reverse order",
          digestDays(opened(), 0, 2),
          digestDays(opened(), 0, 2, undefined, undefined, backwards),
        );
      },
    },
    {
      name: "users assigned to two arms do the same as without arms, and nobody else visits",
      run(): void {
        const whole = linesOf(opened(), [undefined]);
        const users = opened().catalogue.users.count;
        const arms = [0, 1].map((arm) =>
          Uint8Array.from({ length: users }, (_, user) => (Math.floor(user / shardCount) % 2 === arm ? 1 : 0)),
        );
        const halves = linesOf(opened(), arms);
        const odd = halves.find((line) => !whole.includes(line)) ?? whole.find((line) => !halves.includes(line));
        if (halves.length !== whole.length || odd !== undefined)
          throw new Error(
            `two arms have ${halves.length} pages, one has ` +
              `${whole.length}${odd === undefined ? "" : `, and they differ, as in ${odd}`}; allowed: the same pages`,
          );
      },
    },
    ...(thread === undefined
      ? []
      : [
          {
            name: "a world attached in another thread plays the same bytes, and midnight counts them",
            async run(): Promise<void> {
              const [here, there] = [opened(), opened()];
              for (let day = 0; day < 2; day++) {
                here.openDay(day);
                there.openDay(day);
                mustAgree("the attached world", digestShards(here), await thread(there.share()), day);
                here.closeDay();
                there.closeDay();
              }
            },
          },
        ]),
  ];
}

/** One line per page of day 0: who asked when, and the outcome. */
function linesOf(world: World, arms: readonly (Uint8Array | undefined)[]): string[] {
  const lines: string[] = [];
  world.openDay(0);
  for (let shard = 0; shard < shardCount; shard++)
    for (const arm of arms)
      playOpened(world, world.openShard(shard, arm), (requests, { slots }, feedback) => {
        for (let i = 0; i < requests.count; i++)
          lines.push(
            `request ${requests.request[i]} at ${requests.timeMs[i]}: ${feedback.watchMs.subarray(i * slots, (i + 1) * slots).join()}`,
          );
      });
  world.closeDay();
  return lines.sort();
}
