/**
 * Runs a command in a fresh home and watches what it and its children do there: files in the home, and sockets to other machines, as
 * Linux tells them (/proc/PID/fd and /proc/PID/net), looked at every few milliseconds: a socket that is refused at once may not be seen.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What was seen. */
export interface QuietRun {
  readonly code: number | null;
  readonly said: string;
  /** Files in the home, relative to it. */
  readonly home: readonly string[];
  /** Sockets to an address that is not of this machine, as Linux writes it. */
  readonly sockets: readonly string[];
}

/** Runs `node` with `words`; the environment is no more than a path, a home and `env`. */
export async function quietRun(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<QuietRun> {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  try {
    const child = spawn(process.execPath, words, {
      env: { PATH: process.env["PATH"], HOME: home, TMPDIR: tmpdir(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const sockets = new Set<string>();
    const look = setInterval(
      () => familyOf(child.pid!).forEach((pid) => foreign(pid).forEach((to) => sockets.add(to))),
      10,
    );
    const code = await new Promise<number | null>((done) => child.on("close", done));
    clearInterval(look);
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return {
      code,
      said,
      home: files.map(({ parentPath, name }) => join(parentPath, name).slice(home.length + 1)),
      sockets: [...sockets],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A process, its threads' children and theirs. */
function familyOf(pid: number): readonly number[] {
  const tasks = tried(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const children = tasks.flatMap(
    (task) => tried(() => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8"))?.split(" ") ?? [],
  );
  return [pid, ...children.filter((text) => text !== "").flatMap((text) => familyOf(Number(text)))];
}

/** Remote addresses of a process's sockets, without those of this machine. */
function foreign(pid: number): readonly string[] {
  const links = (tried(() => readdirSync(`/proc/${pid}/fd`)) ?? []).map((fd) =>
    tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`)),
  );
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link ?? "")?.[1] ?? []));
  if (own.size === 0) return [];
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((kind) => {
    const rows = (tried(() => readFileSync(`/proc/${pid}/net/${kind}`, "utf8")) ?? "").split("\n").slice(1);
    return rows.flatMap((row) => {
      const [, , remote = "", , , , , , , inode = ""] = row.trim().split(/\s+/);
      return own.has(inode) && !(kind.startsWith("udp") ? loopback : listens).test(remote) ? [`${kind} ${remote}`] : [];
    });
  });
}

/** 127.x.x.x, ::1, and 127.x.x.x within IPv6: addresses are words in the machine's order. */
const loopback = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/;
/** The same, or nobody: a TCP socket that listens. One of UDP without a remote address may send to anybody. */
const listens = new RegExp(`^0+:|${loopback.source}`);

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // it has ended
  }
}
