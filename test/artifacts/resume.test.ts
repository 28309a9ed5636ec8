import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { artifactId, listArtifacts } from "../../src/artifacts/artifact.js";
import { sha256 } from "../../src/artifacts/hash.js";
import { takeLock } from "../../src/artifacts/lock.js";
import { listUnfinished, makeOrResume, type Resume } from "../../src/artifacts/resume.js";
import { temporaryFolder } from "../support/folder.js";

/** Writes parts 0 … 3, one file each, and remembers how many stand; stops before part `stopAt`. */
function parts(stopAt = Infinity, begun: number[] = []): Resume {
  return async (dir, kept) => {
    const mark = join(kept, "mark");
    const first = existsSync(mark) ? Number(readFileSync(mark, "utf8")) : 0;
    begun.push(first);
    for (let part = first; part < 4; part++) {
      if (part === stopAt) throw new Error(`stopped before part ${part}`);
      writeFileSync(join(dir, `part-${part}`), `content of ${part}`);
      writeFileSync(mark, String(part + 1));
    }
    return { parts: 4 };
  };
}

const spec = (): { root: string; kind: string; config: unknown } => ({
  root: temporaryFolder(),
  kind: "log",
  config: { seed: 1 },
});
const deadMaker = `${sha256(hostname()).slice(0, 8)}-999999999-1`;

describe("makeOrResume", () => {
  it("goes on where a failed run stopped, and gives the bytes of an uninterrupted run", async () => {
    const [broken, whole] = [spec(), spec()];
    const begun: number[] = [];
    await expect(makeOrResume(broken, parts(2, begun))).rejects.toThrow("stopped before part 2");
    expect(await listArtifacts(broken.root, "log")).toEqual([]);
    expect(await listUnfinished(broken.root, "log")).toHaveLength(1);
    const made = await makeOrResume(broken, parts(Infinity, begun));
    expect(begun).toEqual([0, 2]);
    expect(made.made).toBe(true);
    const straight = await makeOrResume(whole, parts());
    expect(readFileSync(join(made.dir, "manifest.json"))).toEqual(readFileSync(join(straight.dir, "manifest.json")));
    expect(made.manifest.files.map(({ path }) => path)).toEqual(["part-0", "part-1", "part-2", "part-3"]);
    expect(readdirSync(join(broken.root, "log"))).toEqual([made.id]); // no unfinished folder, no lock
    expect((await makeOrResume(broken, parts(0))).made).toBe(false);
  });

  it("goes on only with the same spec, and starts again when told to remake", async () => {
    const one = spec();
    const begun: number[] = [];
    await expect(makeOrResume(one, parts(3, begun))).rejects.toThrow("stopped");
    await makeOrResume({ ...one, config: { seed: 2 } }, parts(Infinity, begun));
    await expect(makeOrResume(one, parts(1, begun), { remake: true })).rejects.toThrow("stopped");
    await makeOrResume(one, parts(Infinity, begun));
    expect(begun).toEqual([0, 0, 0, 1]);
  });

  it("leaves a living maker's work alone: two at once each make their own, and one valid artifact stands", async () => {
    const one = spec();
    let waiting = 0;
    let open: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (open = resolve));
    const dirs: string[] = [];
    const results = await Promise.all(
      [0, 1].map(() =>
        makeOrResume(one, async (dir, kept) => {
          dirs.push(dir);
          if (++waiting === 2) open();
          await both;
          return parts()(dir, kept);
        }),
      ),
    );
    expect(new Set(dirs).size).toBe(2);
    expect(results.filter(({ made }) => made)).toHaveLength(1);
    expect(readdirSync(join(one.root, "log"))).toEqual([artifactId(one)]);
    expect(results[0]?.manifest.files).toHaveLength(4);
  });

  it("takes the lock of a dead maker over", async () => {
    const one = spec();
    await expect(makeOrResume(one, parts(2))).rejects.toThrow("stopped");
    const [place] = await listUnfinished(one.root, "log");
    writeFileSync(`${place}.lock`, `${deadMaker}\n`);
    const begun: number[] = [];
    await makeOrResume(one, parts(Infinity, begun));
    expect(begun).toEqual([2]);
    expect(readdirSync(join(one.root, "log"))).toEqual([artifactId(one)]);
  });
});

describe("takeLock", () => {
  it("gives a lock to one holder at a time", async () => {
    const path = join(temporaryFolder(), "lock");
    const first = await takeLock(path);
    expect(first).toBeDefined();
    expect(await takeLock(path)).toBeUndefined();
    await first?.release();
    await first?.release();
    const second = await takeLock(path);
    expect(second).toBeDefined();
    await second?.release();
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("gives a dead holder's lock to exactly one of many who ask at once", async () => {
    for (let round = 0; round < 20; round++) {
      const path = join(temporaryFolder(), "lock");
      writeFileSync(path, `${deadMaker}\n`);
      const taken = (await Promise.all(Array.from({ length: 8 }, () => takeLock(path)))).filter(
        (lock) => lock !== undefined,
      );
      expect(taken.length).toBeLessThanOrEqual(1);
      if (taken.length === 0) expect(await takeLock(path)).toBeDefined(); // all met at the guard: the next one gets it
      expect(await takeLock(path)).toBeUndefined();
    }
  });

  it("takes over even where a process died while taking over", async () => {
    const path = join(temporaryFolder(), "lock");
    writeFileSync(path, `${deadMaker}\n`);
    writeFileSync(`${path}~`, `${deadMaker}\n`);
    expect(await takeLock(path)).toBeDefined();
    expect(readdirSync(join(path, ".."))).toEqual(["lock"]);
  });

  it("leaves the lock of another machine alone", async () => {
    const path = join(temporaryFolder(), "lock");
    writeFileSync(path, "00000000-1-1\n");
    expect(await takeLock(path)).toBeUndefined();
  });
});
