// A Redis of our own for tests and drills: Debian's server on a free port of this machine, with nothing on the disk but its folder.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensurePackage } from "./apt.mjs";

/** Is there a server? */
export const hasRedis = () => spawnSync("redis-server", ["--version"]).status === 0;

/** Installs it where that can be done, and starts it; undefined after saying why not. */
export async function ensureRedis(say) {
  const found = await ensurePackage("redis-server", () => hasRedis() || undefined, {
    ...{ say, asked: true },
    without: "tests of Redis are skipped",
  });
  return found && startRedis();
}

/** Starts one; `restart` kills it, waits, and starts it again at the same port. @throws Error where it does not answer */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), "stagecraft-redis-"));
  const port = await freePort();
  let child;
  const start = async () => {
    const words = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "60 1"];
    child = spawn("redis-server", words, { stdio: "ignore" });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries >= 100) throw new Error(`redis-server does not answer at port ${port}`);
      await sleep(100);
    }
  };
  await start();
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart(downMs = 1_000) {
      kill();
      await sleep(downMs);
      await start();
    },
    stop() {
      process.removeListener("exit", kill);
      kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once("data", (text) => (resolve(String(text).startsWith("+PONG")), socket.destroy()));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
