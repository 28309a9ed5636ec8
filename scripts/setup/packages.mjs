// node_modules as package-lock.json says, by `npm ci`. Nothing is run when what npm recorded as installed is what is locked.
import { existsSync, readFileSync } from "node:fs";
import { at, root } from "./paths.mjs";
import { must } from "./run.mjs";
import { hashFiles, readStamp, writeStamp } from "./stamp.mjs";

const key = () => hashFiles(root, ["package-lock.json", ".npmrc"]);
const installedLock = at("node_modules", ".package-lock.json"); // npm writes it when all is in place

/** Names of packages whose installed version is not the locked one. Optional ones (other platforms') may be absent. */
export function mismatches(locked = readLock(at("package-lock.json")), installed = readLock(installedLock)) {
  if (!locked) return ["package-lock.json (missing)"];
  const wrong = [];
  for (const [name, want] of Object.entries(locked.packages)) {
    if (name === "" || want.link) continue;
    const have = installed?.packages[name];
    if (have ? have.version !== want.version || have.integrity !== want.integrity : !want.optional && !want.devOptional)
      wrong.push(name.replace(/^node_modules\//, ""));
  }
  for (const name of Object.keys(installed?.packages ?? {}))
    if (!locked.packages[name]) wrong.push(`${name.replace(/^node_modules\//, "")} (not locked)`);
  return wrong;
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

export const packages = {
  name: "packages",
  done() {
    if (!existsSync(installedLock)) return false;
    if (readStamp("packages") === key()) return true;
    if (mismatches().length > 0) return false;
    writeStamp("packages", key()); // installed by hand, and right
    return true;
  },
  async run({ log }) {
    log("npm ci (about 350 packages)");
    // npm removes node_modules first, so whatever an interrupted run left there is gone
    await must("npm ci", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      mend:
        "check that a package registry can be reached (npm ping), that package.json and package-lock.json " +
        "belong together (git status), and the disk (df -h .); then run it again",
    });
    writeStamp("packages", key());
  },
};
