// Tests of pages want a Chromium. On CI, and as root on Debian (a container, as a rule), it is installed; elsewhere those tests are
// skipped.
import { existsSync } from "node:fs";
import { findChromium } from "../chromium.mjs";
import { run } from "../setup/run.mjs";

/** Gives the path of a Chromium, or undefined after saying why there is none. */
export async function ensureChromium(say) {
  const found = findChromium();
  if (found) return found;
  const apt = process.platform === "linux" && existsSync("/usr/bin/apt-get");
  const root = process.getuid?.() === 0;
  const asked = process.env.CI || (root && existsSync("/etc/debian_version"));
  if (process.env.CHROMIUM_PATH || process.env.STAGECRAFT_NO_APT || !apt || !root || !asked) {
    say("no Chromium: tests of pages and PNGs are skipped (install chromium, or set CHROMIUM_PATH)");
    return undefined;
  }
  say("no Chromium: apt-get install chromium (STAGECRAFT_NO_APT=1 leaves it out)");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, timeoutMs: 240_000 };
  await run("apt-get", ["update", "-qq"], options).catch(() => {});
  const result = await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options).catch(
    (error) => ({ code: -1, output: error.message }),
  );
  const now = findChromium();
  if (!now)
    say(
      `no Chromium: apt-get failed (${result.output.trim().split("\n").at(-1)}): tests of pages and PNGs are skipped`,
    );
  return now;
}
