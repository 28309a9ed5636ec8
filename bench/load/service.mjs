import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/**
 * `stagecraft serve` in a process of its own, ready to answer; `words` are its options beside `--port 0 --json`.
 * @param {readonly string[]} words @param {{ signal?: AbortSignal, env?: Record<string, string> }} [options]
 * @returns {Promise<{ url: string, child: import("node:child_process").ChildProcess, ended: Promise<void>, stop: () => Promise<number |
 *   null> }>} `stop` ends it as Ctrl-C does and gives its exit code
 */
export async function startService(words, { signal, env } = {}) {
  const child = spawn(process.execPath, [cli, "serve", "--port", "0", "--json", ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, STAGECRAFT_PROGRESS: "silent", ...env },
  });
  let said = "";
  const ended = new Promise((done) => child.once("close", () => done(undefined)));
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  void ended.then(() => signal?.removeEventListener("abort", kill));
  const url = await new Promise((found, fail) => {
    child.stderr.on("data", (text) => {
      said = (said + text).slice(-4_000);
      const [address] = /^http:\/\/\S+$/m.exec(said) ?? [];
      if (address && said.includes(`${address}\n`)) found(address);
    });
    child.once("close", (code, by) =>
      fail(new Error(`stagecraft serve ended with ${by ?? `exit code ${code}`}: ${said}`)),
    );
  });
  return {
    url,
    child,
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      return child.exitCode;
    },
  };
}

/** The first `most` accounts that the service knows today: a page for somebody unknown would be cheaper. */
export async function knownUsers(url, most) {
  const users = [];
  for (let from = 0; users.length < most && from < 100_000; from += 50) {
    const requests = Array.from({ length: 50 }, (_, i) => ({ user: from + i, slots: 1 }));
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/recommend/batch`, {
      method: "POST",
      headers,
      body: JSON.stringify({ requests }),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}: ${await answer.text()}`);
    const known = (await answer.json()).pages.filter(({ user }) => user !== null);
    if (known.length === 0) break;
    users.push(...known.map(({ user }) => user));
  }
  return users.slice(0, most);
}
