// The built package, room by room: benches time what people run, not the sources. STAGECRAFT_DIST names another build (to compare two).
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../scripts/setup/paths.mjs";

export const dist = path.resolve(root, process.env.STAGECRAFT_DIST || "dist");

/** A module of the build, such as `world` or `experiments`. */
export function room(name) {
  const file = path.join(dist, name, "index.js");
  const single = path.join(dist, `${name}.js`);
  const found = [file, single].find(existsSync);
  if (!found) throw new Error(`no build of ${name} in ${path.relative(root, dist) || dist}: run npm run build`);
  return import(pathToFileURL(found).href);
}

/** URL of a file of the build, for worker threads. */
export const moduleUrl = (name) => pathToFileURL(path.join(dist, `${name}.js`)).href;
