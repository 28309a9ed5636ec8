// One set-up at a time in a checkout. The lock is a folder (mkdir is atomic) that names its holder, so one left by a killed
// holder is known and taken over at once; what the dead holder had started (npm, pip) is ended first.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { state } from "./paths.mjs";
import { onChild } from "./run.mjs";

const folder = path.join(state, "lock");

/** When a process began, in kernel ticks: tells a process from a later one with the same id. Empty where /proc is not. */
function began(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[19];
  } catch {
    return "";
  }
}
const idOf = (pid) => ({ pid, began: began(pid), host: os.hostname() });

function isAlive({ pid, began: then }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  return began(pid) === then;
}

const readJson = (name) => {
  try {
    return JSON.parse(readFileSync(path.join(folder, name), "utf8"));
  } catch {
    return undefined;
  }
};

/** True when the lock was left by a holder that is gone. */
function isStale() {
  const holder = readJson("holder.json");
  if (holder?.host === os.hostname()) return !isAlive(holder);
  try {
    return Date.now() - statSync(folder).mtimeMs > (holder ? 3_600_000 : 5_000); // another machine; or killed between mkdir and write
  } catch {
    return false; // released meanwhile
  }
}

function clearStale() {
  const child = readJson("child.json");
  if (child?.host === os.hostname() && isAlive(child)) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      /* gone meanwhile */
    }
  }
  const aside = `${folder}.stale-${process.pid}`;
  try {
    renameSync(folder, aside); // only one of several waiting processes succeeds
    rmSync(aside, { recursive: true, force: true });
  } catch {
    /* another one was first */
  }
}

/** Waits for the lock and gives the function that releases it. `onWait(pid)` is called once if another holds it. */
export async function takeLock(onWait = () => {}) {
  mkdirSync(state, { recursive: true });
  for (let told = false; ;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isStale()) {
      clearStale();
      continue;
    }
    if (!told) {
      told = true;
      onWait(readJson("holder.json")?.pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  writeFileSync(path.join(folder, "holder.json"), JSON.stringify(idOf(process.pid)));
  onChild.started = (pid) => writeFileSync(path.join(folder, "child.json"), JSON.stringify(idOf(pid)));
  return () => {
    onChild.started = () => {};
    rmSync(folder, { recursive: true, force: true });
  };
}
