// The open-loop generator against what is known in advance: a Poisson schedule, and a stub that takes 40 ms and once stands still for 1 s.
import { createServer, get, type Agent } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Load {
  openLoop(config: {
    url: string;
    requests: { method: string; path: string; body?: string }[];
    rate: number;
    seconds: number;
    seed: number;
  }): Promise<{
    sent: number;
    answered: number;
    failed: number;
    faults: Record<string, number>;
    achievedRate: number;
    latencyMs: Record<"mean" | "p50" | "p90" | "p99" | "max", number>;
    lagMs: Record<"p50" | "p99" | "max", number>;
    cpuSeconds: number;
  }>;
}
type Schedule = (of: { rate: number; seconds: number; seed: number }) => Float64Array;

const folder = path.resolve(import.meta.dirname, "../../bench/load");
let load: Load;
let poissonSchedule: Schedule;
beforeAll(async () => {
  load = (await import(/* @vite-ignore */ path.join(folder, "open-loop.mjs"))) as Load;
  ({ poissonSchedule } = (await import(/* @vite-ignore */ path.join(folder, "schedule.mjs"))) as {
    poissonSchedule: Schedule;
  });
});

describe("a Poisson schedule", () => {
  it("has the rate asked for, counts by second that vary as Poisson counts do, and no favoured part of a second", () => {
    const [rate, seconds] = [80, 1_000];
    const times = poissonSchedule({ rate, seconds, seed: 1 });
    const counts = new Array<number>(seconds).fill(0);
    for (const time of times) counts[Math.floor(time / 1000)]!++;
    const mean = times.length / seconds;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / seconds;
    expect(Math.abs(mean - rate)).toBeLessThan(4 * Math.sqrt(rate / seconds));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(4 * Math.sqrt(2 / seconds));
    const early = times.filter((time) => time % 1000 < 300).length / times.length;
    expect(Math.abs(early - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / times.length));
    expect(times.every((time, i) => i === 0 || time > times[i - 1]!)).toBe(true);
  });
  it("repeats from its seed and refuses a rate that is none", () => {
    const of = { rate: 80, seconds: 5, seed: 3 };
    expect(poissonSchedule(of)).toEqual(poissonSchedule(of));
    expect(poissonSchedule({ ...of, seed: 4 })).not.toEqual(poissonSchedule(of));
    expect(() => poissonSchedule({ ...of, rate: 0 })).toThrow("rate is 0; allowed: above 0");
  });
});

describe("the open-loop generator", () => {
  const bodies: string[] = [];
  let arrived: number[] = [];
  let stall = { from: Infinity, to: Infinity }; // ms from the first arrival
  const stub = createServer((request, response) => {
    const now = performance.now();
    arrived.push(now);
    const at = now - arrived[0]!;
    const held = at >= stall.from && at < stall.to ? stall.to - at : 0;
    request.on("data", (text: Buffer) => bodies.push(text.toString()));
    setTimeout(() => {
      response.statusCode = request.url === "/broken" ? 503 : 200;
      response.end("{}");
    }, 40 + held);
    request.resume();
  });
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => stub.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
  });
  afterAll(() => void stub.close());

  it("counts the wait of everybody behind a stall, which a closed loop would count once", async () => {
    const of = { rate: 100, seconds: 4, seed: 5 };
    const schedule = poissonSchedule(of);
    arrived = [];
    stall = { from: 1_500, to: 2_500 };
    const found = await load.openLoop({ url, requests: [{ method: "GET", path: "/" }], ...of });
    // what the stub must have done to a request sent on time
    const expected = Array.from(schedule, (time) => {
      const at = time - schedule[0]!;
      return 40 + (at >= stall.from && at < stall.to ? stall.to - at : 0);
    }).sort((a, b) => a - b);
    const quantile = (q: number): number => expected[Math.ceil(q * expected.length) - 1]!;
    expect(found).toMatchObject({ sent: schedule.length, answered: schedule.length, failed: 0, faults: {} });
    const slack = 60; // of timers and a busy machine
    for (const [name, q] of [
      ["p50", 0.5],
      ["p90", 0.9],
      ["p99", 0.99],
      ["max", 1],
    ] as const) {
      expect(found.latencyMs[name], name).toBeGreaterThan(quantile(q) - (q === 0.5 ? 1 : slack)); // the stall is counted from the first arrival
      expect(found.latencyMs[name], name).toBeLessThan(quantile(q) + slack);
    }
    expect(quantile(0.99)).toBeGreaterThan(900); // a closed loop of one connection would report 40 here
    expect(found.achievedRate / of.rate).toBeGreaterThan(0.85);
    expect(found.lagMs.max).toBeLessThan(slack);
    expect(found.cpuSeconds).toBeGreaterThan(0);
  });
  it("counts answers of status 300 and above, and none, as failed, and gives each body a number of its own", async () => {
    stall = { from: Infinity, to: Infinity };
    bodies.length = 0;
    const of = { rate: 100, seconds: 0.5, seed: 6 };
    const requests = [
      { method: "POST", path: "/", body: '{"id":"{n}"}' },
      { method: "GET", path: "/broken" },
    ];
    const found = await load.openLoop({ url, requests, ...of });
    const broken = Math.floor(found.sent / 2);
    expect(found.faults).toEqual({ "GET /broken: status 503": broken });
    expect(found.failed).toBe(broken);
    expect(new Set(bodies).size).toBe(found.sent - broken);
    const gone = await load.openLoop({ url: "http://127.0.0.1:9", requests: [{ method: "GET", path: "/" }], ...of });
    expect(gone).toMatchObject({ answered: 0, failed: gone.sent, faults: { "GET /: ECONNREFUSED": gone.sent } });
  });
});

describe("a socket that is kept alive", () => {
  it("is closed by its client before the server closes it: a request never meets a server that is closing", async () => {
    const { keepAliveAgent } = (await import(/* @vite-ignore */ path.join(folder, "agent.mjs"))) as {
      keepAliveAgent: (timeoutMs: number) => Agent;
    };
    const server = createServer((_, response) => response.end("ok"));
    server.keepAliveTimeout = 2_000; // what clients are told
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const agent = keepAliveAgent(10_000);
    let closedByServer = false;
    server.on("connection", (socket) => socket.once("close", () => (closedByServer ||= !socket.readableEnded)));
    const idle = (): number => Object.values(agent.freeSockets).flat().length;
    await new Promise<void>((resolve, reject) => {
      get({ port, host: "127.0.0.1", agent }, (response) => response.resume().once("end", resolve)).once(
        "error",
        reject,
      );
    });
    await expect.poll(idle).toBe(1);
    await expect.poll(idle, { timeout: 1_900 }).toBe(0);
    await expect.poll(() => closedByServer).toBe(false);
    agent.destroy();
    server.close();
  });
});
