// 10,000 requests fuzzed from the OpenAPI document, at the whole service.
import path from "node:path";
import type { ChildProcess } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../support/folder.js";
import { fuzz } from "../../support/http-fuzz.js";

interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  stop(): Promise<number | null>;
}

it("is answered, all 10,000, by 2xx or by a 4xx with a reason for people, and the service still serves", async () => {
  const file = path.resolve(import.meta.dirname, "../../../bench/load/service.mjs");
  const { startService } = (await import(/* @vite-ignore */ file)) as {
    startService: (words: string[]) => Promise<Started>;
  };
  const folder = temporaryFolder();
  const world = ["users=300", "videos=400", "days=6"].flatMap((field) => ["--world", field]);
  const places = ["--out", folder, "--events", path.join(folder, "events")];
  const service = await startService(["--scale", "tiny", "--workers", "2", ...world, ...places, "--rate", "100000"]);
  onTestFinished(() => void service.child.kill("SIGKILL"));
  const { faults, statuses } = await fuzz(Number(new URL(service.url).port), 7, 10_000);
  expect(faults).toEqual([]);
  expect(statuses[200]).toBeGreaterThan(500);
  const page = await fetch(`${service.url}/recommend`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(page.status).toBe(200);
  expect(await service.stop()).toBe(0);
}, 1_800_000);
