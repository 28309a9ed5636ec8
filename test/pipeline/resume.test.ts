/** The built command line, really killed: a log that was stopped and gone on with has the bytes of one that was not. */
import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../src/artifacts/index.js";
import { keyOf, uniform } from "../../src/random.js";
import { temporaryFolder } from "../support/folder.js";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const days = 7;
const kills = process.env["STAGECRAFT_SLOW"] === "1" ? 12 : 3; // more of them each night
const words = [
  "simulate",
  "--scale",
  "tiny",
  "--seed",
  "11",
  "--world",
  "users=400",
  "--world",
  "videos=600",
  "--world",
  `days=${days}`,
];

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
}

function simulate(out: string, workers: number): Run {
  const child = spawn(process.execPath, [cli, ...words, "--out", out, "--workers", String(workers)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, STAGECRAFT_PROGRESS: "plain" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => (said += text.toString()));
  return { child, ended: new Promise((resolve) => child.on("exit", (code) => resolve({ code, said }))) };
}

/** Sha256 of every file below `<out>/log`, by path. */
function bytesOf(out: string): Record<string, string> {
  const shelf = join(out, "log");
  const files = readdirSync(shelf, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(shelf, file)).isFile())
    .sort();
  return Object.fromEntries(files.map((file) => [file, sha256(readFileSync(join(shelf, file)))]));
}

/** The unfinished log's folder, once there is one. */
function unfinished(out: string): string | undefined {
  const shelf = join(out, "log");
  const name = (existsSync(shelf) ? readdirSync(shelf) : []).find((entry) => /^\.unfinished-[0-9a-f]{16}$/.test(entry));
  return name === undefined ? undefined : join(shelf, name);
}

const checkpointed = (out: string): boolean => existsSync(join(unfinished(out) ?? "", "kept", "checkpoint.bin"));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills a run as soon as it has left a checkpoint. */
async function killedAtACheckpoint(out: string): Promise<string> {
  const { child, ended } = simulate(out, 1);
  while (!checkpointed(out) && child.exitCode === null) await pause(2);
  child.kill("SIGKILL");
  await ended;
  return unfinished(out) as string;
}

describe("a stopped simulation", () => {
  let whole: Record<string, string> = {};
  let took = 0; // ms of a whole run on this machine as it is now: kills are spread over that
  beforeAll(async () => {
    const out = mkdtempSync(join(tmpdir(), "stagecraft-resume-"));
    const began = performance.now();
    expect((await simulate(out, 1).ended).code).toBe(0);
    took = performance.now() - began;
    whole = bytesOf(out);
    rmSync(out, { recursive: true });
    expect(Object.keys(whole).filter((file) => file.endsWith("impressions.parquet"))).toHaveLength(days);
  });

  it.each([1, 2])("ends with the same bytes however often it is killed, with %i workers", async (workers) => {
    const out = temporaryFolder();
    const key = keyOf(Number(process.env["STAGECRAFT_KILL_SEED"] ?? 1), `kills ${workers}`);
    let goneOn = 0;
    await killedAtACheckpoint(out); // so that there is something to resume from, however fast or slow the machine is
    for (let run = 0; run < kills; run++) {
      const hadCheckpoint = checkpointed(out);
      const { child, ended } = simulate(out, run % 3 === 2 ? 3 - workers : workers); // another number of workers may go on
      const timer = setTimeout(() => child.kill("SIGKILL"), took * (0.2 + 0.7 * uniform(key, run)));
      const { code, said } = await ended;
      clearTimeout(timer);
      if (said.includes("days found")) goneOn++;
      if (hadCheckpoint && code === 0) expect(said).toContain("days found");
      if (code === 0) break;
    }
    const last = await simulate(out, workers).ended;
    expect(last.code, last.said).toBe(0);
    expect(bytesOf(out)).toEqual(whole);
    expect(goneOn + (last.said.includes("days found") ? 1 : 0)).toBeGreaterThan(0);
  });

  it("discards a half-written day and whatever stands beyond the checkpoint", async () => {
    const out = temporaryFolder();
    const made = join(await killedAtACheckpoint(out), "made");
    for (const day of ["day=005", "day=006"]) mkdirSync(join(made, day), { recursive: true });
    writeFileSync(join(made, "day=005", "impressions.parquet"), "PAR1, and no more");
    writeFileSync(join(made, "day=006", ".staged-00000000-1-0-0-0-impressions.parquet"), "another machine's");
    expect((await simulate(out, 1).ended).code).toBe(0);
    expect(bytesOf(out)).toEqual(whole);
  });

  it("starts again when its checkpoint is cut short", async () => {
    const out = temporaryFolder();
    const checkpoint = join(await killedAtACheckpoint(out), "kept", "checkpoint.bin");
    truncateSync(checkpoint, statSync(checkpoint).size - 1);
    const { code, said } = await simulate(out, 1).ended;
    expect(code).toBe(0);
    expect(said).not.toContain("days found");
    expect(bytesOf(out)).toEqual(whole);
  });

  it.each([
    ["its checkpoint", "kept", "checkpoint.bin", 0],
    ["a day", "made", join("day=000", "impressions.parquet"), 1],
    ["the catalogue", "made", "videos.parquet", 1],
  ])("seals no log in which a bit of %s was flipped after a kill", async (_, folder, path, code) => {
    const out = temporaryFolder();
    const file = join(await killedAtACheckpoint(out), folder, path);
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(file, bytes);
    const first = await simulate(out, 1).ended;
    expect(first.code).toBe(code); // a checkpoint is not trusted and the log begins anew; other damage is told first
    if (code === 1) {
      expect(first.said).toContain(`${path} is not what was written`);
      expect((await simulate(out, 1).ended).code).toBe(0);
    }
    expect(bytesOf(out)).toEqual(whole);
  });

  it("makes one valid log when two processes are at it at once", async () => {
    const out = temporaryFolder();
    const both = await Promise.all([simulate(out, 1).ended, simulate(out, 1).ended]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(bytesOf(out)).toEqual(whole);
  });
});
