// Tests of pages want a Chromium.
import { findChromium } from "../chromium.mjs";
import { ensurePackage } from "./apt.mjs";

const without = "tests of pages and PNGs are skipped (or set CHROMIUM_PATH)";

/** Gives the path of a Chromium, or undefined after saying why there is none. */
export async function ensureChromium(say) {
  const named = process.env.CHROMIUM_PATH !== undefined;
  return ensurePackage("chromium", findChromium, { say, without, installs: !named });
}
