/**
 * The files whose code a stage's result depends on, read off the running package: from the stage's own file along its imports. A re-export
 * is followed by name, so that an index file ties its caller to the files that define what is imported and to no others.
 *
 * Followed: imports of values; `import *` and side-effect imports; `await import("./x.js")`; modules that threads load
 * (`compiledUrl("x", import.meta.url)`); files read next to a module (`new URL("./sql/x.sql", import.meta.url)`, `${…}` standing for any
 * name). Not followed: types, packages, and `() => import("./x.js")`, which is a choice that the caller names. What is read is prettier's
 * form of our own code (and tsc's of it), not any JavaScript.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

/** What a module takes from another: a name, all of it, or only its being run (none). */
interface Edge {
  readonly from: string;
  readonly name: string | undefined; // "*" for all
}

interface Module {
  readonly imports: readonly Edge[];
  readonly exported: ReadonlySet<string>; // by declaration here
  readonly passedOn: ReadonlyMap<string, Edge>; // re-exports by their name outside
  readonly stars: readonly string[]; // export * from
  readonly beside: readonly string[]; // other files it loads or reads
}

/** Files read so far, by path. */
export type ReachCache = Map<string, Module & { readonly sha256: string }>;

/** A file that is reached. */
export interface ReachedFile {
  readonly path: string;
  readonly sha256: string;
}

/**
 * The files that the modules at `entries` (absolute paths) reach, themselves included, sorted by path.
 * @throws Error naming a module that is imported and does not exist, or a name that a module does not export
 */
export function reachOf(entries: readonly string[], cache: ReachCache = new Map()): readonly ReachedFile[] {
  const reached = new Set<string>();
  const read = (path: string): Module & { readonly sha256: string } => {
    const known = cache.get(path) ?? readFile(path);
    cache.set(path, known);
    return known;
  };
  const take = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    const { imports, beside } = read(path);
    for (const edge of imports) follow(edge, path);
    for (const file of beside) take(file);
  };
  const follow = ({ from, name }: Edge, importer: string): void => {
    if (name === undefined) return take(from);
    if (name === "*") return takeAll(from, new Set());
    if (!takeName(from, name, new Set())) throw new Error(`${importer} imports ${name}, which ${from} does not export`);
  };
  /** Whether the module exports the name; where it does, the file that defines it is reached. */
  const takeName = (path: string, name: string, seen: Set<string>): boolean => {
    if (seen.has(path)) return false;
    seen.add(path);
    const { exported, passedOn, stars } = read(path);
    const on = passedOn.get(name);
    if (on !== undefined) {
      follow(on, path);
      return true;
    }
    if (exported.has(name)) {
      take(path);
      return true;
    }
    return stars.some((star) => takeName(star, name, seen));
  };
  const takeAll = (path: string, seen: Set<string>): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const { exported, passedOn, stars, imports } = read(path);
    if (exported.size > 0 || imports.length > 0) take(path);
    for (const edge of passedOn.values()) follow(edge, path);
    for (const star of stars) takeAll(star, seen);
  };
  for (const entry of entries) take(entry);
  return [...reached].sort().map((path) => ({ path, sha256: read(path).sha256 }));
}

const clause = String.raw`\*(?:\s+as\s+\w+)?|\w+(?:,\s*\{[^{}]*\})?|\{[^{}]*\}`;
const statement = new RegExp(String.raw`^(import|export)\s+(type\s+)?(?:(${clause})\s+from\s+)?"(\.[^"]*)";`, "gm");
const declaration =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|const|let|class|enum)\s+(\w+)/gm;
const listed = /^export\s+(\{[^{}]*\});/gm;

function readFile(path: string): Module & { readonly sha256: string } {
  const bytes = readFileSync(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const isModule = /\.[cm]?[jt]s$/.test(path);
  return { sha256, ...parse(path, isModule ? bytes.toString() : "") };
}

function parse(path: string, code: string): Module {
  const text = code.replace(/^[ \t]*\/\*[^]*?\*\/|^[ \t]*\/\/.*$/gm, ""); // comments that have lines of their own
  const imports: Edge[] = [];
  const passedOn = new Map<string, Edge>();
  const stars: string[] = [];
  for (const [, verb, isType, what, specifier] of text.matchAll(statement)) {
    if (isType !== undefined) continue;
    const from = resolved(path, specifier!);
    if (verb === "import") imports.push(...namesIn(what).map(([name]) => ({ from, name })));
    else if (what === "*") stars.push(from);
    else for (const [name, outside] of namesIn(what)) passedOn.set(outside!, { from, name });
    if (verb === "import" && what === undefined) imports.push({ from, name: undefined });
  }
  for (const [, specifier] of text.matchAll(/await import\(\s*"(\.[^"]+)",?\s*\)/g))
    imports.push({ from: resolved(path, specifier!), name: "*" });
  const exported = new Set([...text.matchAll(declaration)].map(([, name]) => name!));
  for (const [, names] of text.matchAll(listed)) for (const [, outside] of namesIn(names)) exported.add(outside!);
  if (/^export default /m.test(text)) exported.add("default");
  return { imports, exported, passedOn, stars, beside: filesBeside(path, text) };
}

/** Pairs of the name inside a module and the name outside of a clause of an import or export; types are left out. */
function namesIn(what: string | undefined): (readonly [inside: string, outside: string | undefined])[] {
  if (what === undefined) return [];
  const star = /^\*(?:\s+as\s+(\w+))?$/.exec(what);
  if (star) return [["*", star[1]]];
  const [, standard, list = ""] = /^(\w+)?(?:,\s*)?(\{[^]*\})?$/.exec(what)!;
  const names = list
    .replace(/\/\/.*$|\/\*[^]*?\*\//gm, "")
    .slice(1, -1)
    .split(",");
  const pairs = names
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => name.split(/\s+as\s+/))
    .map(([inside, outside]) => [inside!, outside ?? inside!] as const);
  return standard === undefined ? pairs : [["default", standard], ...pairs];
}

/** Modules for threads and files that are read: what stands there, for `${…}` any name. */
function filesBeside(path: string, text: string): string[] {
  const modules = [...text.matchAll(/compiledUrl\(\s*"([^"]+)",\s*import\.meta\.url/g)].map(([, name]) =>
    join(dirname(path), `${name}${extname(path)}`),
  );
  const files = [...text.matchAll(/new URL\(\s*(?:"([^"]+)"|`([^`]+)`),\s*import\.meta\.url/g)].flatMap(
    ([, plain, template]) => {
      const pattern = join(dirname(path), plain ?? template!);
      if (template === undefined) return [pattern];
      const folder = dirname(pattern);
      const parts = basename(pattern).split(/\$\{[^}]*\}/);
      const fits = (name: string): boolean => name.startsWith(parts[0]!) && name.endsWith(parts[parts.length - 1]!);
      return existsSync(folder)
        ? readdirSync(folder)
            .filter(fits)
            .map((name) => join(folder, name))
        : [];
    },
  );
  return [...modules, ...files.filter((file) => existsSync(file) && statSync(file).isFile())];
}

/** From TypeScript sources a `.js` specifier means the `.ts` next to it. */
function resolved(importer: string, specifier: string): string {
  const path = join(dirname(importer), specifier);
  const source = path.replace(/js$/, "ts");
  if (existsSync(path)) return path;
  if (existsSync(source)) return source;
  throw new Error(`${importer} imports ${specifier}, which does not exist`);
}
