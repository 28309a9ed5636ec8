// `npx stagecraft` and scripts find the command in node_modules/.bin, as if the package were installed.
import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import path from "node:path";
import { at, dist } from "./paths.mjs";

const link = at("node_modules", ".bin", "stagecraft");
const target = path.join("..", "..", "dist", "cli.js");

export const command = {
  name: "command",
  done() {
    if (!existsSync(path.join(dist, "cli.js"))) return true; // nothing to point to yet
    try {
      return lstatSync(link).isSymbolicLink() && readlinkSync(link) === target;
    } catch {
      return false;
    }
  },
  async run() {
    const beside = `${link}.${process.pid}`;
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(target, beside);
    renameSync(beside, link);
  },
};
