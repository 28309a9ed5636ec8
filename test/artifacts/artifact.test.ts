import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { artifactId, listArtifacts, loadArtifact, makeOrLoad } from "../../src/artifacts/artifact.js";
import { sha256 } from "../../src/artifacts/hash.js";
import {
  removeLeftovers,
  replaceFile,
  stagedPath,
  writeFileAtomic,
  writeJsonAtomic,
} from "../../src/artifacts/staging.js";
import { temporaryFolder } from "../support/folder.js";

const make = (text: string) => async (dir: string) => {
  mkdirSync(join(dir, "part"));
  writeFileSync(join(dir, "part", "b.txt"), text);
  writeFileSync(join(dir, "a.txt"), "a");
  return { rows: 3 };
};

describe("makeOrLoad", () => {
  it("makes once, then loads the same manifest", async () => {
    const spec = { root: temporaryFolder(), kind: "dataset", config: { seed: 7 }, inputs: ["x"], code: "c" };
    const first = await makeOrLoad(spec, make("hello"));
    const second = await makeOrLoad(spec, () => Promise.reject(new Error("made twice")));
    expect(first.made).toBe(true);
    expect(second).toEqual({ ...first, made: false });
    expect(first.dir).toBe(join(spec.root, "dataset", artifactId(spec)));
    expect(first.manifest.files).toEqual([
      { path: "a.txt", bytes: 1, sha256: sha256("a") },
      { path: "part/b.txt", bytes: 5, sha256: sha256("hello") },
    ]);
    expect(first.manifest.extra).toEqual({ rows: 3 });
    expect(await listArtifacts(spec.root, "dataset")).toEqual([first.dir]);
    expect(await loadArtifact(first.dir)).toEqual(second);
  });

  it("gives equal specs equal bytes and different specs different ids", async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const one = await makeOrLoad({ root: a, kind: "k", config: { x: 1, y: 2 } }, make("z"));
    const two = await makeOrLoad({ root: b, kind: "k", config: { y: 2, x: 1 } }, make("z"));
    expect(readFileSync(join(one.dir, "manifest.json"))).toEqual(readFileSync(join(two.dir, "manifest.json")));
    const base = { root: a, kind: "k", config: 1, inputs: ["i"], code: "c" };
    const ids = [
      base,
      { ...base, config: 2 },
      { ...base, inputs: [] },
      { ...base, code: "d" },
      { ...base, kind: "l" },
    ].map(artifactId);
    expect(new Set(ids).size).toBe(5);
  });

  it("leaves nothing behind when making fails, and the next run works", async () => {
    const spec = { root: temporaryFolder(), kind: "model", config: 1 };
    const failing = makeOrLoad(spec, async (dir) => {
      writeFileSync(join(dir, "half"), "half");
      throw new Error("out of patience");
    });
    await expect(failing).rejects.toThrow("out of patience");
    expect(readdirSync(join(spec.root, "model"))).toEqual([]);
    expect((await makeOrLoad(spec, make("x"))).made).toBe(true);
  });

  it("says in words that the disk is full", async () => {
    const spec = { root: temporaryFolder(), kind: "model", config: 1 };
    const full = Object.assign(new Error("write"), { code: "ENOSPC" });
    await expect(makeOrLoad(spec, () => Promise.reject(full))).rejects.toThrow(
      /disk full while writing .*nothing was left/,
    );
  });

  it.each([
    [
      "changed",
      (dir: string) => writeFileSync(join(dir, "part/b.txt"), "jello"),
      /part\/b\.txt has sha256 .*, expected .*; delete that folder/,
    ],
    ["cut short", (dir: string) => truncateSync(join(dir, "part/b.txt"), 2), /part\/b\.txt has 2 bytes, expected 5/],
    ["lost", (dir: string) => rmSync(join(dir, "a.txt")), /a\.txt is missing, expected 1 bytes/],
    [
      "without a readable manifest",
      (dir: string) => writeFileSync(join(dir, "manifest.json"), "{"),
      /manifest\.json is not a manifest/,
    ],
  ])("refuses an artifact with a file %s, and remakes it when told", async (_, damage, fault) => {
    const spec = { root: temporaryFolder(), kind: "dataset", config: {} };
    damage((await makeOrLoad(spec, make("hello"))).dir);
    await expect(makeOrLoad(spec, make("hello"))).rejects.toThrow(fault);
    const mended = await makeOrLoad(spec, make("hello"), { remake: true });
    expect(mended.made).toBe(true);
    expect(readFileSync(join(mended.dir, "part/b.txt"), "utf8")).toBe("hello");
    expect(readdirSync(join(spec.root, "dataset"))).toEqual([mended.id]);
  });

  it("replaces a folder that has no manifest", async () => {
    const spec = { root: temporaryFolder(), kind: "dataset", config: {} };
    const dir = join(spec.root, "dataset", artifactId(spec));
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "stray.txt"), "?");
    const made = await makeOrLoad(spec, make("x"));
    expect(made.made).toBe(true);
    expect(existsSync(join(dir, "stray.txt"))).toBe(false);
  });

  it("ends with one valid artifact when several make it at once", async () => {
    const spec = { root: temporaryFolder(), kind: "dataset", config: {} };
    let waiting = 0;
    let open: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (open = resolve));
    const results = await Promise.all(
      [0, 1, 2].map(() =>
        makeOrLoad(spec, async (dir) => {
          if (++waiting === 3) open();
          await all; // every maker is at work before any may finish
          return make("same")(dir);
        }),
      ),
    );
    expect(results.filter((result) => result.made)).toHaveLength(1);
    expect(readdirSync(join(spec.root, "dataset"))).toEqual([results[0]?.id]);
    expect((await loadArtifact(results[0]?.dir ?? "", "all")).manifest.files).toHaveLength(2);
  });

  it.each(["", "a/b", "..", ".staged-x"])("refuses the kind %j", async (kind) => {
    await expect(makeOrLoad({ root: temporaryFolder(), kind, config: 1 }, make("x"))).rejects.toThrow(
      "bad artifact kind",
    );
  });
});

describe("leftovers of killed runs", () => {
  it("are removed when their maker is dead, and left alone while it lives", async () => {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const host = sha256(hostname()).slice(0, 8);
    const stat = existsSync(`/proc/${child.pid}/stat`) ? readFileSync(`/proc/${child.pid}/stat`, "utf8") : "";
    const start = stat === "" ? "0" : stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const left = join(folder, `.staged-${host}-${child.pid}-${start}-0-0-thing`);
    mkdirSync(left);
    writeFileSync(join(left, "half"), "half");
    expect(await removeLeftovers(folder)).toBe(0);
    child.kill("SIGKILL");
    await exited;
    expect(await removeLeftovers(folder)).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("of another machine are left alone", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, ".staged-00000000-1-0-0-0-thing"));
    expect(await removeLeftovers(folder)).toBe(0);
  });

  it("of this process are recognised as its own and kept", async () => {
    const folder = temporaryFolder();
    writeFileSync(stagedPath(join(folder, "thing")), "being written");
    expect(await removeLeftovers(folder)).toBe(0);
  });
});

describe("atomic files", () => {
  it("hold the whole new content, in folders made on the way", async () => {
    const path = join(temporaryFolder(), "deep", "er", "x.json");
    await writeJsonAtomic(path, { b: 1, a: [2] });
    expect(readFileSync(path, "utf8")).toBe('{"a":[2],"b":1}\n');
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect([...readFileSync(path)]).toEqual([1, 2]);
  });

  it("keep the old content when writing fails", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "x");
    await writeFileAtomic(path, "old");
    const failing = replaceFile(path, (staged) => {
      writeFileSync(staged, "ne");
      throw new Error("stopped");
    });
    await expect(failing).rejects.toThrow("stopped");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["x"]);
  });
});

describe("a manifest", () => {
  const make = (root: string, seed: number): ReturnType<typeof makeOrLoad> =>
    makeOrLoad({ root, kind: "thing", config: { seed } }, async (dir) => {
      writeFileSync(join(dir, "a.txt"), "a");
      return { auc: 0.61 };
    });

  it("that was changed in one character is told as damage", async () => {
    const root = temporaryFolder();
    const { dir } = await make(root, 1);
    const path = join(dir, "manifest.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("0.61", "0.67"));
    await expect(make(root, 1)).rejects.toThrow("manifest.json is not what its own sum says");
  });

  it("of another artifact under this one's name is refused", async () => {
    const root = temporaryFolder();
    const [one, two] = [await make(root, 1), await make(root, 2)];
    rmSync(one.dir, { recursive: true });
    cpSync(two.dir, one.dir, { recursive: true });
    await expect(make(root, 1)).rejects.toThrow(`its manifest is of thing ${two.id}, expected thing ${one.id}`);
  });

  it("that is a folder is told as damage", async () => {
    const root = temporaryFolder();
    const { dir } = await make(root, 1);
    rmSync(join(dir, "manifest.json"));
    mkdirSync(join(dir, "manifest.json"));
    await expect(make(root, 1)).rejects.toThrow("manifest.json cannot be read (EISDIR)");
  });
});
