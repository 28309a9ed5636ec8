// What some tests want beside Node, from Debian's packages: on CI, and as root on Debian (a container, as a rule), it is installed.
import { existsSync } from "node:fs";
import { run } from "../setup/run.mjs";

/**
 * Gives what `find` finds, perhaps after an installation, or undefined after saying what is left out for want of it.
 * @template T
 * @param {string} name of the package
 * @param {() => T | undefined} find
 * @param {{ say: (line: string) => void, without: string, asked?: boolean, installs?: boolean }} options
 *   `asked`: somebody named it, so anywhere with apt; `installs`: false only looks
 * @returns {Promise<T | undefined>}
 */
export async function ensurePackage(name, find, { say, without, asked = false, installs = true }) {
  const found = find();
  if (found) return found;
  const apt = process.platform === "linux" && existsSync("/usr/bin/apt-get");
  const root = process.getuid?.() === 0;
  const wanted = asked || process.env.CI || (root && existsSync("/etc/debian_version"));
  if (!installs || process.env.STAGECRAFT_NO_APT || !apt || !root || !wanted) {
    say(`no ${name}: ${without} (apt-get install ${name} as root)`);
    return undefined;
  }
  say(`no ${name}: apt-get install ${name} (STAGECRAFT_NO_APT=1 leaves it out)`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, timeoutMs: 240_000 };
  await run("apt-get", ["update", "-qq"], options).catch(() => {});
  const result = await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], options).catch(
    (error) => ({ code: -1, output: error.message }),
  );
  const now = find();
  if (!now) say(`no ${name}: apt-get failed (${result.output.trim().split("\n").at(-1)}): ${without}`);
  return now;
}
