/** The contract's third part: a recommender cannot see the truth, and it can change the world by its pages only. */
import type { Check, Contract } from "./types.js";
import { digestCatalogue, digestDays, firstDifference } from "./play.js";
import type { World } from "../world.js";

/** Overwrites every column of a record. */
function scribble(record: object): void {
  for (const column of Object.values(record)) if (ArrayBuffer.isView(column)) (column as Uint8Array).fill(1);
}

/** Checks of leaks. */
export function leakChecks({ open, config, seed, hidden }: Contract): readonly Check[] {
  const opened = (): World => open(config, seed);
  return [
    {
      name: "hidden behaviour does not show in the public record before anyone has acted on it",
      run(): void {
        const [one, two] = [opened(), open({ ...config, ...hidden }, seed)];
        if (digestCatalogue(one.catalogue) !== digestCatalogue(two.catalogue))
          throw new Error(
            `the catalogue differs with ${Object.keys(hidden).join(", ")}; allowed: a catalogue that does not show hidden behaviour`,
          );
        const asked = (world: World): string[] => {
          world.openDay(0);
          return Array.from({ length: 64 }, (_, shard) => {
            const requests = world.openShard(shard).next();
            return requests === undefined
              ? ""
              : [requests.user, requests.timeMs, requests.device].map((column) => column.join()).join(" ");
          });
        };
        const [first, second] = [asked(one), asked(two)];
        const shard = first.findIndex((text, i) => text !== second[i]);
        if (shard >= 0)
          throw new Error(
            `the first requests of shard ${shard} differ with ` +
              `${Object.keys(hidden).join(", ")}; allowed: to differ only after the first page`,
          );
        if (
          firstDifference(digestDays(opened(), 0, 1), digestDays(open({ ...config, ...hidden }, seed), 0, 1)) ===
          undefined
        )
          throw new Error(
            `${Object.keys(hidden).join(", ")} change nothing that users do; ` +
              `allowed for the contract's hidden: fields that this world uses`,
          );
      },
    },
    {
      name: "writing into what was handed out changes nothing in the world",
      run(): void {
        const clean = digestDays(opened(), 0, 2);
        const world = opened();
        const spoiled = digestDays(world, 0, 2, (...batch) => batch.forEach(scribble), scribble);
        const where = firstDifference(clean, spoiled);
        if (where !== undefined)
          throw new Error(
            `the world differs from ${where} on, after requests, pages, feedback and visits were written into; allowed: to hand out copies`,
          );
        const snapshot = world.snapshot();
        snapshot.columns.forEach((column) => column.fill(0));
        const quiet = opened();
        digestDays(quiet, 0, 2);
        if (firstDifference(digestDays(world, 2, 3), digestDays(quiet, 2, 3)) !== undefined)
          throw new Error("the world differs after its snapshot was written into; allowed: to hand out copies");
      },
    },
    {
      name: "writing into the catalogue changes nothing that users do",
      run(): void {
        const clean = digestDays(opened(), 0, 1);
        const world = opened();
        for (const column of [
          world.catalogue.users.language,
          world.catalogue.users.device,
          world.catalogue.videos.durationMs,
          world.catalogue.videos.topic,
          world.catalogue.videos.language,
          world.catalogue.videos.sponsored,
        ])
          column.fill(1);
        const where = firstDifference(clean, digestDays(world, 0, 1));
        if (where !== undefined)
          throw new Error(
            `the world differs from ${where} on, after its catalogue was written into; allowed: to hand out a copy`,
          );
      },
    },
  ];
}
