/** Trained models as a service, and services as arms. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { openOnline, playArms, type Arm, type PlayedArm } from "../../src/pipeline/index.js";
import { startServer } from "../../src/serving/online/server.js";
import { elsewhere, trainedPlatform } from "../support/small-platform.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-online-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const trial = { users: 40, days: 2 };
const patient = { retrieve: 60_000, rank: 60_000 };

/** Plays a service as an arm. */
async function played(url: string, timeoutMs = 10_000): Promise<{ arm: PlayedArm; remarks: unknown }> {
  const home = elsewhere(await trainedPlatform(), join(scratch, String(Math.random())));
  const policy = { kind: "remote", url, play: "test", timeoutMs } as const;
  const [arm] = await playArms(home, [{ name: "remote", policy }], trial);
  return { arm: arm!, remarks: arm!.artifact.manifest.extra["remarks"] };
}

/** A server whose answer to the nth call of `/recommend` is what `answer` gives. */
async function listening(answer: (call: number) => { status: number; text: string; waitMs?: number }): Promise<string> {
  let calls = 0;
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const {
        status,
        text,
        waitMs = 0,
      } = request.url!.endsWith("/recommend") ? answer(calls++) : { status: 404, text: "" };
      setTimeout(() => response.writeHead(status).end(text), waitMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("trained models as a service", () => {
  it("play as an arm over HTTP exactly as in process: the same pages, the same users' days", async () => {
    const trained = await trainedPlatform();
    const settings = join(scratch, "settings.json");
    await writeFile(settings, JSON.stringify({ nearDuplicates: false })); // arms have no pictures
    const dir = join(scratch, "twin");
    const service = await openOnline(trained, { dir, settings, followDays: true, deadlines: patient });
    const server = await startServer(service, { port: 0, logLevel: "silent" });
    onTestFinished(() => server.close());
    const { arm, remarks } = await played(server.url);
    expect(remarks).toMatchObject({ late: 0, failed: 0, wrong: 0, eventsLost: 0 });
    const learned: Arm = {
      name: "learned",
      policy: { kind: "learned", candidates: trained.prepared.log.setting.sizes.online.candidates },
    };
    const [here] = await playArms(elsewhere(trained, join(scratch, "here")), [learned], trial);
    expect(arm.userDays).toEqual(here!.userDays);
  });

  it("200 forced time-outs: every request is answered, every late answer is dropped, no thread ends", async () => {
    const service = await openOnline(await trainedPlatform(), {
      dir: join(scratch, "late"),
      deadlines: { ...patient, rank: 0 },
    });
    let closed = false;
    onTestFinished(async () => (closed ? undefined : service.close()));
    for (let asked = 0; asked < 200; asked += 10) {
      const pages = await Promise.all(
        Array.from({ length: 10 }, (_, i) => service.recommend({ user: (asked + i) % 100 })),
      );
      for (const { degraded, items } of pages) {
        expect(items.length).toBeGreaterThan(0);
        expect(degraded.every(({ stage, to }) => (stage === "rank" && to === "light") || stage === "user")).toBe(true);
      }
    }
    await service.swap({}); // the threads are there: they open models, and what they still ran has been dropped
    const text = await service.metrics.registry.metrics();
    const counted = (name: RegExp): number => Number(name.exec(text)?.[1] ?? 0);
    const late = counted(/fallbacks_total\{stage="rank",to="light",reason="late"\} (\d+)/);
    const busy = counted(/fallbacks_total\{stage="rank",to="light",reason="busy"\} (\d+)/);
    const unknown = counted(/fallbacks_total\{stage="user",to="segment",reason="unknown"\} (\d+)/);
    expect(late + busy + unknown).toBe(200);
    await service.close();
    closed = true;
  });
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

describe("a service as an arm", () => {
  it("in Python, in 30 lines: every page of it is shown", async () => {
    const file = fileURLToPath(new URL("../../notebooks/policies/my-service.py", import.meta.url));
    const port = await freePort();
    const python = spawn("python3", [file, String(port)], { stdio: "ignore" });
    onTestFinished(() => void python.kill());
    const url = `http://127.0.0.1:${port}`;
    const answers = async (): Promise<boolean> =>
      (await fetch(url, { method: "POST", body: "{}" }).catch(() => undefined)) !== undefined;
    await expect.poll(answers, { timeout: 30_000, interval: 100 }).toBe(true);
    const { remarks } = await played(url);
    expect(remarks).toMatchObject({ late: 0, failed: 0, wrong: 0, eventsLost: 0 });
    expect((remarks as { pages: number }).pages).toBeGreaterThan(50);
  });

  it("that is late, broken or wrong is counted, and popularity's page stands in its place", async () => {
    const page = (videos: readonly number[]): string => JSON.stringify({ items: videos.map((video) => ({ video })) });
    const good = page(Array.from({ length: 10 }, (_, i) => i));
    const answers = [
      { status: 200, text: good },
      { status: 500, text: "" },
      { status: 200, text: "{" },
      { status: 200, text: "[]" },
      { status: 200, text: page([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) },
      { status: 200, text: page([1, 2]) },
      { status: 200, text: page([0, 1, 2, 3, 4, 5, 6, 7, 8, 399_999]) },
      { status: 200, text: page([-1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) },
    ];
    const url = await listening((call) => (call % 40 === 39 ? { ...answers[0]!, waitMs: 2500 } : answers[call % 8]!));
    const { arm, remarks } = await played(url, 1500);
    const { pages, late, failed, wrong } = remarks as Record<"pages" | "late" | "failed" | "wrong", number>;
    expect(arm.userDays.requests.reduce((sum, n) => sum + n, 0)).toBe(pages);
    expect(late).toBeGreaterThan(0);
    expect(failed).toBeGreaterThan(pages / 10);
    expect(wrong).toBeGreaterThan(pages / 2);
    expect(late + failed + wrong).toBeLessThan(pages);
  });

  it("is refused where nobody listens", async () => {
    await expect(played("http://127.0.0.1:9")).rejects.toThrow(
      "nobody answers at http://127.0.0.1:9: start your service first",
    );
  });
});
