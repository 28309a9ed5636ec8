// kill -9 while events are written: what was acknowledged is in the log after the restart, once. (Nightly, 50 times on the whole service:
// scripts/drills/kill-serve.mjs)
import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { uniform } from "../../../src/random.js";
import { temporaryFolder } from "../../support/folder.js";

interface Killed {
  readonly service: { readonly url: string };
  readonly events: number;
  readonly acknowledged: readonly string[];
}
type Killing = (of: {
  readonly start: () => Promise<{ url: string; child: ChildProcess; ended: Promise<void> }>;
  readonly folder: string;
  readonly users: readonly number[];
  readonly times: number;
  readonly draw: (...name: unknown[]) => number;
  readonly tell: (what: string, wrong: readonly string[]) => void;
}) => Promise<Killed>;

const root = path.resolve(import.meta.dirname, "../../..");

it("every acknowledged event is in the log after each of 5 kills, once", async () => {
  const { killing } = (await import(/* @vite-ignore */ path.join(root, "scripts/drills/shared/kill.mjs"))) as {
    killing: Killing;
  };
  const folder = temporaryFolder();
  const faults: string[] = [];
  const start = async (): Promise<{ url: string; child: ChildProcess; ended: Promise<void> }> => {
    const child = spawn(process.execPath, [path.join(root, "scripts/drills/shared/serve-events.mjs"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    const url = await new Promise<string>((found, fail) => {
      child.stdout.once("data", (text: Buffer) => found(text.toString().trim()));
      child.once("close", () => fail(new Error("the service ended")));
    });
    return { url, child, ended };
  };
  let draws = 0;
  const draw = (): number => uniform(1, draws++);
  const tell = (_: string, wrong: readonly string[]): void => void faults.push(...wrong);
  const { events, acknowledged } = await killing({
    start,
    folder,
    users: [0, 1, 2, 3, 4, 5, 6, 7],
    times: 5,
    draw,
    tell,
  });
  expect(faults).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(50);
  expect(events).toBeGreaterThanOrEqual(acknowledged.length);
});
