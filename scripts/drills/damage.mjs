/**
 * Damages a file of each kind that a judged recommender stands on (manifests too, and what an unfinished log left) and asks for the judgement
 * again: either the damage is told with exit code 1, or the answer is the same. Nothing between.
 * node scripts/drills/damage.mjs [--times 1] [--seed 1]
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { bytesOf, drill, filesBelow, small, stagecraft, unclear } from "./shared/drill.mjs";

const damages = {
  "a bit turned": (bytes, draw) => bytes.map((byte, at) => (at === Math.floor(draw * bytes.length) ? byte ^ 4 : byte)),
  "cut off": (bytes, draw) => bytes.subarray(0, Math.floor(draw * bytes.length)),
  empty: () => Buffer.alloc(0),
  longer: (bytes) => Buffer.concat([bytes, Buffer.from("more\n")]),
  gone: () => undefined,
};

await drill(1, async ({ times, folder, draw, tell }) => {
  const [whole, out] = [join(folder, "whole"), join(folder, "out")];
  const judge = () => stagecraft(["evaluate", ...small, "--out", out, "--json"], { out });
  const restore = () => {
    rmSync(out, { recursive: true, force: true });
    cpSync(whole, out, { recursive: true });
  };
  const straight = await judge();
  if (straight.code !== 0) throw new Error(`evaluate fails: ${straight.said}`);
  cpSync(out, whole, { recursive: true });
  // one kind of file: its artifact's kind, its place and its extension
  const kindOf = (path) => `${path.split("/")[0]} ${path.split("/").slice(2).join("/").replaceAll(/\d+/g, "#")}`;
  const byKind =
    Map.groupBy?.(filesBelow(whole), kindOf) ?? new Map(filesBelow(whole).map((path) => [kindOf(path), [path]]));
  for (const [kind, paths] of byKind)
    for (let attempt = 0; attempt < times; attempt++) {
      const path = paths[Math.floor(draw(kind, attempt, "file") * paths.length)];
      const [name, change] = Object.entries(damages)[Math.floor(draw(kind, attempt, "damage") * 5)];
      restore();
      put(join(out, path), change(readFileSync(join(out, path)), draw(kind, attempt, "where")));
      const { code, said, answer } = await judge();
      const told = code === 1 && said.includes(path.split("/")[1]);
      const wrong = [
        ...(told || (code === 0 && same(answer, straight.answer))
          ? []
          : [`exit ${code}, another answer or no name: ${said}`]),
        ...unclear(said),
      ];
      tell(`${path} ${name}`, wrong, told ? "told" : "the same answer");
    }
  await unfinished({ times, folder, draw, tell, whole });
});

/** A simulation is killed, what it left is damaged, and it is asked for again: told, or the same bytes. */
async function unfinished({ times, folder, draw, tell, whole }) {
  const line = (out) => ["simulate", ...small, "--out", out, "--json"];
  const took = (await stagecraft(line(join(folder, "timed")))).ms;
  for (let attempt = 0; attempt < 4 * times; attempt++) {
    const out = join(folder, `unfinished-${attempt}`);
    await stagecraft(line(out), { stop: { signal: "SIGKILL", ms: took * (0.5 + 0.45 * draw("unfinished", attempt)) } });
    const left = filesBelow(out, { hidden: true }).filter((path) =>
      [".parquet", ".json", ".bin", ""].includes(extname(path)),
    );
    if (left.length === 0) continue;
    const path = left[Math.floor(draw("left", attempt) * left.length)];
    const [name, change] = Object.entries(damages)[attempt % 5];
    put(join(out, path), change(readFileSync(join(out, path)), draw("where", attempt)));
    const { code, said } = await stagecraft(line(out));
    const equal = code === 0 && bytesOf(out, ["log"]) === bytesOf(whole, ["log"]);
    tell(
      `${path} ${name}`,
      [...(equal || code === 1 ? [] : [`exit ${code}, other bytes: ${said}`]), ...unclear(said)],
      `exit ${code}`,
    );
    rmSync(out, { recursive: true, force: true });
  }
}

function put(path, bytes) {
  if (bytes === undefined) rmSync(path);
  else writeFileSync(path, bytes);
}

/** Numbers of models that were fitted anew are equal within the tolerance of native training. */
function same(a, b) {
  const numbers = (text) => text.match(/-?\d+(\.\d+)?(e-?\d+)?/g)?.map(Number) ?? [];
  const [one, other] = [numbers(a), numbers(b)];
  return (
    one.length === other.length &&
    one.every((value, i) => Math.abs(value - other[i]) <= 0.02 * Math.max(1, Math.abs(value)))
  );
}
