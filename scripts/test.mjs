#!/usr/bin/env node
// npm test: set-up, then every check, counted. The last line is `N passed, N failed`; the exit code is 0 only when nothing failed.
//   npm test -- [--fast] [--nightly] [--services] [--only format|types|lint|imports|unused|unit|notebooks|drills]… [filters for vitest, or names of
//   notebooks]
//   --services starts a Redis (Debian's redis-server, installed where that can be done) for the tests that want one
//   --fast leaves out the notebooks and the kernel; --nightly (hours; --slow is its former name) adds *.slow.test.ts and the drills, and
//   runs the notebooks at `small`, and at `tiny` on twelve seeds
import { ensureChromium } from "./checks/install-chromium.mjs";
import { drills } from "./checks/drills.mjs";
import { notebooks } from "./checks/notebooks.mjs";
import { ensureRedis } from "./checks/redis.mjs";
import { format, imports, lint, types, unused } from "./checks/static.mjs";
import { unit } from "./checks/unit.mjs";
import { explain, setup, SetupError } from "./setup.mjs";
import { endWithChildren } from "./setup/run.mjs";

const known = ["format", "types", "lint", "imports", "unused", "unit", "notebooks", "drills"];

export function parse(args) {
  const options = { fast: false, nightly: process.env.STAGECRAFT_SLOW === "1", services: false, only: [], rest: [] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--fast") options.fast = true;
    else if (arg === "--services") options.services = true;
    else if (arg === "--nightly" || arg === "--slow") options.nightly = true;
    else if (arg === "--only" || arg.startsWith("--only=")) {
      for (const name of (arg === "--only" ? (args[++i] ?? "") : arg.slice(7)).split(",")) {
        if (!known.includes(name))
          throw new Error(`unknown check: ${name || "(none given)"}; known: ${known.join(", ")}`);
        options.only.push(name);
      }
    } else if (arg.startsWith("-"))
      throw new Error(`unknown option: ${arg}; known: --fast, --nightly, --services, --only ${known.join("|")}`);
    else options.rest.push(arg);
  }
  if (options.only.length === 0)
    options.only = options.rest.length
      ? ["unit"]
      : known.filter((name) => (name === "notebooks" ? !options.fast : name !== "drills" || options.nightly));
  return options;
}

const total = { passed: 0, failed: 0, skipped: 0 };
const took = []; // { name, seconds } of test files and notebooks
const start = performance.now();
const say = (line) => console.error(line);

/** Runs one check; one that throws or is killed has failed. */
async function check(name, action) {
  const began = performance.now();
  let result;
  try {
    result = await action();
  } catch (error) {
    result = { passed: 0, failed: 1, skipped: 0, output: error.stack ?? String(error) };
  }
  for (const key of Object.keys(total)) total[key] += result[key];
  took.push(...(result.took ?? []));
  say(
    `${result.failed ? "FAIL" : "ok  "} ${name}: ${result.passed} passed, ${result.failed} ` +
      `failed${result.skipped ? `, ${result.skipped} skipped` : ""} (${((performance.now() - began) / 1000).toFixed(1)} s)`,
  );
  if (result.output?.trim())
    say(
      result.output
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n"),
    );
}

async function main(args) {
  let options;
  try {
    options = parse(args);
  } catch (error) {
    say(error.message);
    return 2;
  }
  const wants = (name) => options.only.includes(name);
  let ready = true;
  try {
    await setup({ say });
  } catch (error) {
    explain(error, say);
    ready = false;
    total.failed++;
    if (!(error instanceof SetupError) || error.step !== "build") return finish(); // without a build the checks still say what is wrong
  }
  const still = { types, format, lint, imports, unused };
  const wanted = Object.keys(still).filter(wants);
  await Promise.all(
    [wanted.filter((name) => name !== "lint"), wanted.filter((name) => name === "lint")].map(async (names) => {
      // lint takes as long as the others together: two cores
      for (const name of names) await check(name, still[name]);
    }),
  );
  if (wants("unit")) {
    const chromium = options.fast ? undefined : await ensureChromium(say);
    if (chromium) process.env.CHROMIUM_PATH = chromium;
    const filters = options.only.length === 1 ? options.rest : [];
    const redis = options.services && !process.env.STAGECRAFT_REDIS ? await ensureRedis(say) : undefined;
    if (redis) process.env.STAGECRAFT_REDIS = redis.url;
    await check("unit", () => unit({ filters, slow: options.nightly, fast: options.fast }));
    redis?.stop();
  }
  if (wants("notebooks") && ready)
    await check("notebooks", () =>
      notebooks({ names: options.only.length === 1 ? options.rest : [], nightly: options.nightly }),
    );
  if (wants("drills") && ready) await check("drills", drills);
  return finish();
}

function finish() {
  took.sort((a, b) => b.seconds - a.seconds);
  if (took.length > 0) say("slowest:");
  for (const { name, seconds } of took.slice(0, 10)) say(`  ${seconds.toFixed(1).padStart(6)} s  ${name}`);
  say(`${((performance.now() - start) / 1000).toFixed(0)} s`);
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  endWithChildren(() => console.log(`${total.passed} passed, ${total.failed + 1} failed`)); // interrupted: not a success
  process.exitCode = await main(process.argv.slice(2));
}
