// The person's own copies of the notebooks.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
// @ts-expect-error a script without types
import { copyNotebooks as untyped } from "../../scripts/notebooks/copies.mjs";

type Copies = { copied: string[]; kept: string[] };
const copyNotebooks = untyped as (options: { from: string; to: string; refresh?: boolean }) => Copies;
let folder = "";
const file = (...parts: string[]): string => path.join(folder, ...parts);
const write = (text: string, ...parts: string[]): void => writeFileSync(file(...parts), text);
const own = (name: string): string => readFileSync(file("own", name), "utf8");
const copy = (refresh = false): Copies => copyNotebooks({ from: file("notebooks"), to: file("own"), refresh });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stagecraft-copies-"));
  mkdirSync(file("notebooks", "policies"), { recursive: true });
  mkdirSync(file("notebooks", ".ipynb_checkpoints"));
  write("a", "notebooks", "00.ipynb");
  write("p", "notebooks", "policies", "mine.mjs");
  write("x", "notebooks", ".ipynb_checkpoints", "00.ipynb");
});
afterEach(() => rmSync(folder, { recursive: true }));

it("copies everything once, sub-folders too, but no hidden files", () => {
  expect(copy()).toEqual({ copied: ["00.ipynb", path.join("policies", "mine.mjs")], kept: [] });
  expect(copy()).toEqual({ copied: [], kept: [] });
  expect(existsSync(file("own", ".ipynb_checkpoints"))).toBe(false);
});

it("an unchanged copy follows its original, a changed one is kept and reported only if the original is newer", () => {
  copy();
  write("a run", "own", "00.ipynb");
  expect(copy()).toEqual({ copied: [], kept: [] });
  write("b", "notebooks", "00.ipynb");
  write("q", "notebooks", "policies", "mine.mjs");
  expect(copy()).toEqual({ copied: [path.join("policies", "mine.mjs")], kept: ["00.ipynb"] });
  expect([own("00.ipynb"), own("policies/mine.mjs")]).toEqual(["a run", "q"]);
});

it("a refresh replaces changed copies and keeps them beside", () => {
  copy();
  write("a run", "own", "00.ipynb");
  expect(copy(true).copied).toEqual(["00.ipynb"]);
  expect([own("00.ipynb"), own("00.old.ipynb")]).toEqual(["a", "a run"]);
});
