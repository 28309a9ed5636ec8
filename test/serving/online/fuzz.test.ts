// Bad input over HTTP, drawn from the service's own OpenAPI document: a 4xx with a plain reason, never a 5xx, never the end.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type Server } from "../../../src/serving/online/server.js";
import { fakeService, type FakeService } from "../../support/fake-service.js";
import { fuzz, fuzzRequests, send, verdict, type FuzzRequest, type OpenApi } from "../../support/http-fuzz.js";

const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
let service: FakeService;
let server: Server;
let port = 0;
beforeAll(async () => {
  service = await fakeService(folder);
  server = await startServer(service, { port: 0, logLevel: "silent", requestTimeoutMs: 500 });
  port = Number(new URL(server.url).port);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const post = (path: string, body: string): FuzzRequest => ({
  ...{ kind: "by hand", method: "POST", path, headers: ["content-type: application/json"], refused: false },
  body: Buffer.from(body),
});

describe("requests fuzzed from the OpenAPI document", () => {
  it("are the same for the same seed, reach every operation, and are mostly not valid", async () => {
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
    const some = [...fuzzRequests(document, 1, 300)];
    const digest = (all: Iterable<FuzzRequest>): string => {
      const hash = createHash("sha256");
      for (const { method, path, body } of all) hash.update(`${method} ${path} `).update(body);
      return hash.digest("hex");
    };
    expect(digest(fuzzRequests(document, 1, 300))).toBe(digest(some));
    expect(digest(fuzzRequests(document, 2, 300))).not.toBe(digest(some));
    const asked = new Set(
      some.map(({ method, path }) => `${method} ${path.split("?")[0]!.replace(/\/videos\/.*/, "/videos/{id}")}`),
    );
    for (const [path, methods] of Object.entries(document.paths))
      for (const method of Object.keys(methods)) expect(asked).toContain(`${method.toUpperCase()} ${path}`);
  });
  it("are answered, all 300, by 2xx or by a 4xx with a reason for people", async () => {
    const { faults, statuses } = await fuzz(port, 1, 300);
    expect(faults).toEqual([]);
    expect(statuses[200]).toBeGreaterThan(20); // valid ones are among them
    expect(statuses[400]).toBeGreaterThan(80);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
  it("would be found to fail: a 5xx, a stack, silence, or one taken that must be refused", () => {
    const request = { ...post("/recommend", "{"), refused: true };
    const answer = (status: number, body: string): string | undefined =>
      verdict(request, { status, head: "HTTP/1.1 400 Bad", body });
    expect(answer(400, '{"error":"body is not JSON"}')).toBeUndefined();
    expect(answer(500, '{"error":"failed"}')).toMatch(/^a fault of the server/);
    expect(answer(200, "{}")).toMatch(/^taken although/);
    expect(answer(0, "")).toMatch(/^no answer/);
    expect(answer(400, "<h1>no</h1>")).toMatch(/^not JSON/);
    expect(answer(400, '{"error":"Cannot read properties of undefined"}')).toMatch(/^not for people/);
    expect(answer(400, '{"error":"bad \\u001b[2J value"}')).toMatch(/^a control character/);
  });
});

describe("by hand", () => {
  it("a billion slots, a huge body and another content type are refused by name", async () => {
    const said = async (request: FuzzRequest): Promise<[number, string]> => {
      const { status, body } = await send(port, request);
      return [status, (JSON.parse(body) as { error: string }).error];
    };
    expect(await said(post("/recommend", '{"slots":1000000000}'))).toEqual([
      400,
      "body/slots is 1000000000; must be <= 50",
    ]);
    expect((await said(post("/events", `"${"x".repeat(3_000_000)}"`)))[0]).toBe(413);
    expect((await said({ ...post("/recommend", "{}"), headers: ["content-type: text/xml"] }))[0]).toBe(415);
  });
  it("an unknown user gets a page", async () => {
    const { status, body } = await send(port, post("/recommend", '{"user":2000000000}'));
    expect([status, (JSON.parse(body) as { user: null }).user]).toEqual([200, null]);
  });
  it("a client that sends half a body and waits is let go of, and holds nobody up", async () => {
    const slow = send(port, post("/recommend", `{"user":1${" ".repeat(200)}}`), { pauseMs: 60_000, timeoutMs: 20_000 });
    const began = performance.now();
    expect((await send(port, post("/recommend", '{"user":1}'))).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect([0, 408]).toContain((await slow).status);
  });
  it("an event that is sent again is counted once", async () => {
    const event = { id: "again", user: 1, video: 2, session: 3, day: 3, timeMs: 4, page: 0, position: 0, click: 1 };
    const twice = JSON.stringify({ events: [event, event] });
    const counted = [];
    for (let i = 0; i < 2; i++) counted.push(JSON.parse((await send(port, post("/events", twice))).body));
    expect(counted).toEqual([
      { accepted: 1, duplicates: 1 },
      { accepted: 0, duplicates: 2 },
    ]);
  });
});
