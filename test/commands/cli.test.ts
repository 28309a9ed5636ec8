import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "stagecraft-cli-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command line. A small world keeps it quick: the bytes do not depend on how large it is. */
const small = ["--scale", "tiny", "--world", "users=120", "--world", "videos=400", "--world", "days=4"];
function stagecraft(...words: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/cli.js"), ...words], {
    encoding: "utf8",
    env: { ...process.env, STAGECRAFT_PROGRESS: "plain" },
  });
  return { code: status, out: stdout, err: stderr };
}

/** Every Parquet file below a folder, by its relative path. */
function parquet(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".parquet"))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(folder, file))]));
}

describe("command line", () => {
  it("names every verb in its help and exits 0", () => {
    const { code, out } = stagecraft("--help");
    expect(code).toBe(0);
    for (const verb of [
      "simulate",
      "prepare",
      "train",
      "evaluate",
      "compare",
      "tour",
      "publish",
      "contract",
      "notebooks",
      "report",
      "bench",
      "doctor",
    ])
      expect(out).toMatch(new RegExp(`^\\s+${verb} `, "m"));
  });

  it.each([
    [["simulate", "--scale", "huge"], /huge.*tiny, lesson, small, full/s],
    [["publish", "--date", "2026-02-31"], /invalid date: 2026-02-31; allowed: YYYY-MM-DD/],
    [["contract"], /missing required argument 'module'/],
    [["fly"], /unknown command 'fly'/],
    [["notebooks", "no-such-notebook"], /unknown notebook: no-such-notebook/],
    [["bench", "no-such-bench"], /no-such-bench/],
  ])("answers %j with exit code 2 and what is allowed", (words, message) => {
    const { code, out, err } = stagecraft(...words);
    expect(err).toMatch(message);
    expect(code).toBe(2);
    expect(out).toBe("");
  });

  it("checks a custom world line by line and exits 1 when it breaks a promise", () => {
    const good = stagecraft("contract", join(root, "test/fixtures/worlds/patient.mjs"));
    expect(good.out).toMatch(
      /^world .*patient\.mjs: \d\d checks\nok {4}the same config and seed give the same bytes\n/,
    );
    expect(good.out).toMatch(/\n\d\d passed, 0 failed\n$/);
    expect(good.code).toBe(0);
    const bad = stagecraft("contract", join(root, "test/fixtures/worlds/careless.mjs"));
    expect(bad.out).toContain("FAIL  another seed gives another world\n      seeds 11 and 12 give the same catalogue");
    expect(bad.code).toBe(1);
  });

  it("publishes the log, and loads what is published", () => {
    const words = ["publish", ...small, "--name", "demo", "--out", join(scratch, "published"), "--json"];
    const first = stagecraft(...words);
    expect(first.code, first.err).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({ name: "demo", made: true, dir: join(scratch, "published", "demo") });
    expect(JSON.parse(stagecraft(...words).out)).toMatchObject({ made: false });
    expect(readFileSync(join(scratch, "published", "demo", "croissant.json"), "utf8")).toContain(
      "http://mlcommons.org/croissant/1.1",
    );
  });

  it("prints one JSON document on stdout and progress on stderr", () => {
    const { code, out, err } = stagecraft(
      "simulate",
      ...small,
      "--seed",
      "7",
      "--workers",
      "1",
      "--out",
      join(scratch, "json"),
      "--json",
    );
    expect(code).toBe(0);
    const answer = JSON.parse(out) as { impressions: number; log: string; made: boolean };
    expect(answer.impressions).toBeGreaterThan(1_000);
    expect(answer.made).toBe(true);
    expect(err).toContain("simulate");
    expect(existsSync(answer.log)).toBe(true);
  });

  it("gives byte-equal Parquet for the same seed with one worker and two, and other bytes for another seed", () => {
    const run = (name: string, seed: string, workers: string): Map<string, Buffer> => {
      expect(
        stagecraft("simulate", ...small, "--seed", seed, "--workers", workers, "--out", join(scratch, name)).code,
      ).toBe(0);
      return parquet(join(scratch, name));
    };
    const [one, two, other] = [run("one", "7", "1"), run("two", "7", "2"), run("other", "8", "2")];
    expect([...one.keys()].filter((file) => file.includes("day="))).toHaveLength(4);
    expect([...two.keys()]).toEqual([...one.keys()]);
    for (const [file, bytes] of one) expect(bytes.equals(two.get(file)!), file).toBe(true);
    const days = (files: Map<string, Buffer>): Buffer[] =>
      [...files].filter(([file]) => file.includes("day=")).map(([, bytes]) => bytes);
    expect(days(other).every((bytes, d) => bytes.equals(days(one)[d]!))).toBe(false);
  });

  it("says which file of a log is damaged, exits 1, and works again when told to remake it", () => {
    const out = join(scratch, "damaged");
    const words = ["simulate", ...small, "--seed", "3", "--workers", "1", "--out", out];
    expect(stagecraft(...words).code).toBe(0);
    const [file] = [...parquet(out).keys()].filter((name) => name.includes("day=002"));
    const path = join(out, file!);
    const whole = readFileSync(path);
    truncateSync(path, statSync(path).size >> 1);
    const cut = stagecraft("prepare", ...small, "--seed", "3", "--workers", "1", "--out", out);
    expect(cut.code).toBe(1);
    expect(cut.err).toContain("day=002");
    writeFileSync(
      path,
      whole.map((byte, i) => (i === whole.length >> 1 ? byte ^ 0x10 : byte)),
    );
    const flipped = stagecraft("prepare", ...small, "--seed", "3", "--workers", "1", "--out", out);
    expect(flipped.code).toBe(1);
    expect(flipped.err).toContain("day=002");
    expect(stagecraft(...words, "--remake").code).toBe(0);
    expect(readFileSync(path).equals(whole)).toBe(true);
    expect(stagecraft("prepare", ...small, "--seed", "3", "--workers", "1", "--out", out).code).toBe(0);
  });

  it.each(["SIGKILL", "SIGINT"] as const)(
    "leaves nothing under a final name after %s in the middle, and the next run works",
    async (signal) => {
      const out = join(scratch, signal);
      const words = [
        "simulate",
        "--scale",
        "tiny",
        "--seed",
        "5",
        "--workers",
        "2",
        "--out",
        out,
        "--world",
        "users=2000",
        "--world",
        "videos=1000",
        "--world",
        "days=8",
      ];
      const child = spawn(process.execPath, [join(root, "dist/cli.js"), ...words], {
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, STAGECRAFT_PROGRESS: "plain" },
      });
      let err = "";
      child.stderr.on("data", (text: Buffer) => (err += text.toString()));
      const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
      // in the middle: some days are written, none of them under a final name yet
      const written = (): string[] =>
        existsSync(out)
          ? readdirSync(out, { recursive: true, encoding: "utf8" }).filter((file) =>
              file.endsWith("impressions.parquet"),
            )
          : [];
      while (written().length === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill(signal);
      const code = await ended;
      if (signal === "SIGINT") {
        expect(code).toBe(130);
        expect(err).toContain("interrupted");
      }
      const final = existsSync(join(out, "log"))
        ? readdirSync(join(out, "log")).filter(
            (name) => existsSync(join(out, "log", name, "manifest.json")) && /^[0-9a-f]{16}$/.test(name),
          )
        : [];
      expect(final).toEqual([]);
      const again = stagecraft(...words);
      expect(again.err + again.out).toContain("made:");
      expect(again.code).toBe(0);
      expect(readdirSync(join(out, "log")).map((name) => relative(out, name)).length).toBe(1);
    },
  );
});
