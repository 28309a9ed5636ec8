/**
 * Stops each verb at seeded moments, by Ctrl-C and by a kill, and looks at what is left: exit code 130 (or 0 where it was done before), no
 * abort of the process, nothing half-written under a final name, and after a run to its end the same files as in a run that nobody stopped.
 * node scripts/drills/stop.mjs [--times 2] [--seed 1] [--only verb,…]
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, drill, small, stagecraft, unclear } from "./shared/drill.mjs";

const kinds = ["log", "features", "import", "mine"];

await drill(2, async ({ times, only, folder, draw, tell }) => {
  const csv = join(folder, "mine.csv");
  const row = (i) => `u${i % 997},v${(i * 7) % 1_009},${1_600_000_000 + i * 60}`;
  writeFileSync(csv, `who,what,at\n${Array.from({ length: 60_000 }, (_, i) => row(i)).join("\n")}\n`);
  const verbs = {
    simulate: small,
    train: small,
    evaluate: small,
    compare: small,
    publish: [...small, "--name", "mine"],
    import: [csv, ...["user=who", "item=what", "time=at"].flatMap((word) => ["--map", word])],
  };
  for (const [verb, words] of Object.entries(verbs).filter(([verb]) => only?.includes(verb) ?? true)) {
    const line = (out) => [verb, ...words, "--out", out, "--json"];
    const whole = join(folder, `${verb}-whole`);
    const straight = await stagecraft(line(whole), { out: whole });
    if (straight.code !== 0) throw new Error(`${verb} fails: ${straight.said}`);
    forget(straight);
    for (const signal of ["SIGINT", "SIGKILL"])
      for (let attempt = 0; attempt < times; attempt++) {
        const out = join(folder, `${verb}-${signal}-${attempt}`);
        const ms = Math.floor(draw(verb, signal, attempt) * straight.ms);
        const stopped = await stagecraft(line(out), { out, stop: { signal, ms } });
        const ended = stopped.code ?? stopped.signal;
        const wanted = signal === "SIGKILL" ? ["SIGKILL", 0] : [130, 0, ...(ms < 3_000 ? ["SIGINT"] : [])]; // not listening yet
        const half = halfWritten(out);
        const again = await stagecraft(line(out), { out });
        const wrong = [
          ...(wanted.includes(ended) ? [] : [`exit ${ended}: ${stopped.said}`]),
          ...unclear(stopped.said),
          ...half,
          ...(again.code === 0 ? [] : [`the run after it: exit ${again.code}: ${again.said}`]),
          ...(bytesOf(out, kinds) === bytesOf(whole, kinds) ? [] : ["other files than of a run that nobody stopped"]),
        ];
        tell(`${verb}, ${signal} at ${ms} ms`, wrong, `exit ${ended}, resumed`);
        for (const one of [stopped, again]) forget(one);
        rmSync(out, { recursive: true, force: true });
      }
    rmSync(whole, { recursive: true, force: true });
  }
});

/** Artifacts under a final name without their manifest, which is written last. */
function halfWritten(out) {
  return kinds
    .filter((kind) => kind !== "mine" && existsSync(join(out, kind)))
    .flatMap((kind) => readdirSync(join(out, kind)).map((name) => join(out, kind, name)))
    .filter((dir) => !/\/\.[^/]*$/.test(dir) && !existsSync(join(dir, "manifest.json")))
    .map((dir) => `${dir} has a final name and no manifest`);
}

/** `compare` writes its run among the project's results. */
function forget({ answer }) {
  const run = /"run": "(.*results\/compare\/[^"]+)"/.exec(answer)?.[1];
  if (run !== undefined) rmSync(run, { recursive: true, force: true });
}
