// src/ to dist/. tsc writes into .build/ (incremental, so a changed file costs a second or two); dist/ is then put together
// beside and renamed, so that it is always whole: the last build that succeeded.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { at, dist, root } from "./paths.mjs";
import { must, StepError } from "./run.mjs";
import { hashFiles } from "./stamp.mjs";

const staging = at(".build"); // a sibling of dist/, so that source maps' `../src` stay right
const stampFile = path.join(dist, ".stamp");

const key = () => hashFiles(root, ["src", "tsconfig.json", "package-lock.json"]);
const isSource = (name) => /\.[cm]?tsx?$/.test(name);

function done() {
  try {
    return readFileSync(stampFile, "utf8") === key();
  } catch {
    return false;
  }
}

async function run({ log }) {
  const before = key(); // a file saved while tsc runs makes this build out of date, not wrongly up to date
  log("tsc");
  await compile();
  if (!complete()) {
    rmSync(staging, { recursive: true, force: true }); // .build/ was tampered with: once more, from nothing
    await compile();
  }
  publish(before);
}

export const build = { name: "build", done, run };

async function compile() {
  const tsc = at("node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) throw new StepError("typescript is not installed", "npm run setup");
  await must(
    "tsc",
    process.execPath,
    [
      tsc,
      "-p",
      "tsconfig.json",
      "--outDir",
      staging,
      "--incremental",
      "--tsBuildInfoFile",
      path.join(staging, ".tsbuildinfo"),
      "--pretty",
      "false",
    ],
    {
      cwd: root,
      mend: existsSync(stampFile)
        ? "fix the type errors; dist/ still holds the last build that succeeded"
        : "fix the type errors",
    },
  );
}

const sources = () =>
  (existsSync(at("src")) ? readdirSync(at("src"), { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(at("src"), path.join(entry.parentPath ?? entry.path, entry.name)));
const outputs = (source) => {
  const base = source.replace(/\.([cm]?)tsx?$/, "");
  const m = /\.([cm]?)tsx?$/.exec(source)[1];
  return source.endsWith(".d.ts") ? [] : [`${base}.${m}js`, `${base}.d.${m}ts`, `${base}.${m}js.map`];
};
const complete = () =>
  sources()
    .filter(isSource)
    .flatMap(outputs)
    .every((name) => existsSync(path.join(staging, name)));

/** Copies what belongs to today's sources (.build/ may hold outputs of deleted ones), and files that are not TypeScript (SQL). */
function publish(stamp) {
  const beside = `${dist}.${process.pid}.tmp`,
    old = `${dist}.${process.pid}.old`;
  const copy = (from, name) => {
    mkdirSync(path.dirname(path.join(beside, name)), { recursive: true });
    copyFileSync(from, path.join(beside, name));
  };
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  for (const source of sources()) {
    if (isSource(source)) for (const name of outputs(source)) copy(path.join(staging, name), name);
    else copy(at("src", source), source);
  }
  if (existsSync(path.join(beside, "cli.js"))) chmodSync(path.join(beside, "cli.js"), 0o755);
  writeFileSync(path.join(beside, ".stamp"), stamp);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(beside, dist);
  rmSync(old, { recursive: true, force: true });
  for (const name of readdirSync(root))
    if (/^dist\.\d+\.(tmp|old)$/.test(name)) rmSync(at(name), { recursive: true, force: true }); // of killed builds
}
