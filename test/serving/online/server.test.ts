import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ServerOptions } from "../../../src/serving/online/server.js";
import { startServer } from "../../../src/serving/online/server.js";
import { temporaryFolder } from "../../support/folder.js";
import { fakeService, serving, type Ask } from "./fake-service.js";

async function opened(options: ServerOptions = {}): Promise<{ readonly url: string; readonly ask: Ask }> {
  const server = await serving((await fakeService({ dir: temporaryFolder() })).service, options);
  onTestFinished(() => server.close());
  return server;
}

/** What a server sends to bytes written to it, until it closes. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => (answer += String(data)));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a server", () => {
  it("says what is wrong with a request and what is allowed", async () => {
    const { ask } = await opened();
    const cases: [unknown, number, RegExp][] = [
      [{ user: -1 }, 400, /body\/user is -1; must be >= 0/],
      [{ user: "7" }, 400, /body\/user is "7"; must be integer/],
      [{ slots: 1e9 }, 400, /body\/slots is 1000000000; must be <= 50/],
      [{ profile: { region: "mars" } }, 400, /body\/profile\/region is "mars"; .*: africa, americas/],
      [{ colour: 1 }, 400, /body must NOT have additional properties: colour/],
      [{ context: { day: 9 } }, 409, /context\/day is 9; allowed: the open day, 0/],
      ["{", 400, /not valid JSON/],
      ["[]", 400, /body must be object/],
      ['{"__proto__":{"user":1}}', 400, /not valid JSON/],
      [`{"user":${" ".repeat(2_000_000)}1}`, 413, /too large/],
    ];
    for (const [body, status, error] of cases)
      expect(await ask("/recommend", body)).toMatchObject({
        status,
        body: { error: expect.stringMatching(error) as string },
      });
    expect(await ask("/recommend", "user=1", { "content-type": "text/plain" })).toMatchObject({ status: 415 });
    for (const path of ["/videos/-1", "/videos/x", "/videos/999999999999", "/videos/%2f"])
      expect((await ask(path)).status).toBe(400);
    for (const path of ["/videos/60", "/page/../server.js", "/page/..%2fserver.js", "/page/server.ts", "/nosuch"])
      expect([400, 404]).toContain((await ask(path)).status);
  });

  it("has one document of itself, from the contract, and counts what it answers", async () => {
    const { ask } = await opened();
    const { body } = await ask("/openapi.json");
    const { paths } = body as { paths: Record<string, Record<string, { requestBody?: unknown }>> };
    for (const path of ["/recommend", "/recommend/batch", "/events", "/features", "/admin/swap", "/admin/day"])
      expect(paths[path]!["post"]!.requestBody).toBeDefined();
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(["/videos/{id}", "/healthz", "/readyz", "/metrics"]));
    expect((await ask("/recommend/batch", { requests: [{ user: 1 }, {}] })).body).toMatchObject({
      pages: [{ user: 1 }, { user: null }],
    });
    expect(await ask("/readyz")).toMatchObject({ status: 200, body: { ready: true, day: 0 } });
    expect((await ask("/metrics")).body).toMatch(
      /stagecraft_request_ms_count{route="\/recommend\/batch",status="200"} 1/,
    );
  });

  it("answers only those who address this machine, and elsewhere only those with the token", async () => {
    const { url, ask } = await opened();
    const named = await raw(url, "GET /readyz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(named).toMatch(/^HTTP\/1.1 421 .*"host evil.example; allowed: 127.0.0.1/s);
    expect((await ask("/readyz")).status).toBe(200);
    const { service } = await fakeService({ dir: temporaryFolder() });
    onTestFinished(() => service.close());
    await expect(startServer(service, { host: "0.0.0.0", port: 0 })).rejects.toThrow(
      "host 0.0.0.0 without a token; allowed: 127.0.0.1, ::1, localhost, or a token",
    );
    await expect(startServer(service, { token: "short" })).rejects.toThrow("allowed: at least 16");
    const token = "0123456789abcdef";
    const open = await opened({ host: "0.0.0.0", token });
    const port = new URL(open.url).port;
    const from = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/readyz`, { headers })).status;
    expect(await from({})).toBe(401);
    expect(await from({ authorization: `Bearer ${token.slice(1)}0` })).toBe(401);
    expect(await from({ authorization: `Bearer ${token}` })).toBe(200);
  });

  it("limits the rate of an address, and the time that a slow client takes", async () => {
    const { ask } = await opened({ rate: 5 });
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await ask("/videos/1")).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
    const slow = await raw(
      (await opened({ requestTimeoutMs: 300 })).url,
      "POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    );
    expect(slow).toMatch(/^HTTP\/1.1 408/);
  });

  it("stops when it has answered: what was asked before is answered, and a new one is not taken", async () => {
    const { service, behaviour } = await fakeService({ dir: temporaryFolder(), deadlines: { rank: 5000 } });
    const server = await serving(service);
    let go = (): void => undefined;
    const { predict } = behaviour;
    const entered = new Promise<void>((here) => {
      behaviour.predict = async (rows) => {
        here();
        await new Promise<void>((done) => (go = done));
        return predict(rows);
      };
    });
    const asked = server.ask("/recommend", { user: 3 });
    await entered;
    const closed = server.close();
    go();
    expect(await asked).toMatchObject({ status: 200, body: { degraded: [] } });
    await closed;
    await expect(server.ask("/readyz")).rejects.toThrow();
  });
});
