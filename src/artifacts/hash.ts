/**
 * Names of artifacts: a value's canonical JSON, its hash, and a hash of the code that makes it. Equal meaning gives
 * equal bytes: keys are sorted, `undefined` members are left out, -0 is 0, typed arrays are plain arrays.
 */
import { createHash } from "node:crypto";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ReachCache, reachOf } from "./reach.js";

/**
 * JSON with sorted keys and no white space, so that equal values give equal text.
 * @throws TypeError on what JSON cannot express (functions, bigint, NaN, infinities, cycles, Map, Set, Date), naming where.
 */
export function canonicalJson(value: unknown): string {
  return textOf(value, "value", []);
}

/** First 16 hexadecimal digits of the sha256 of a value's canonical JSON. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 16);
}

/** Sha256 (64 hexadecimal digits) of bytes or UTF-8 text. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

const modules: ReachCache = new Map();
const sums = new Map<string, string>();

/**
 * A hash of the code that a stage's result depends on: all files that its module reaches (`reachOf`).
 * @param url the stage's own `import.meta.url` @param chosen URLs of modules that are chosen as it runs: a policy, a custom model
 * Built `.js` files are hashed when running from `dist`, `.ts` files when run from `src` (tests).
 * @throws Error when a module that is imported does not exist.
 */
export function codeHash(url: string, chosen: readonly string[] = []): string {
  const key = [url, ...chosen].join("\n");
  const known = sums.get(key);
  if (known !== undefined) return known;
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const sum = codeHashBelow(
    root,
    [url, ...chosen].map((entry) => fileURLToPath(entry)),
    modules,
  );
  sums.set(key, sum);
  return sum;
}

/** The same for the modules at some paths of the package below `root`. */
export function codeHashBelow(root: string, entries: readonly string[], cache?: ReachCache): string {
  const hash = createHash("sha256");
  for (const { path, sha256 } of reachOf(entries, cache)) hash.update(`${relative(root, path)}\n`).update(sha256);
  return hash.digest("hex").slice(0, 16);
}

function textOf(value: unknown, where: string, above: readonly object[]): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${where} is ${value}; only finite numbers have JSON`);
    return JSON.stringify(value === 0 ? 0 : value);
  }
  if (typeof value !== "object") throw new TypeError(`${where} is a ${typeof value}; allowed: what JSON can express`);
  if (above.includes(value)) throw new TypeError(`${where} contains itself`);
  const inside = [...above, value];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return textOf(Array.from(value as unknown as ArrayLike<number>), where, above);
  }
  if (Array.isArray(value)) return `[${value.map((item, i) => textOf(item, `${where}[${i}]`, inside)).join(",")}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${where} is a ${value.constructor.name}; allowed: plain records, arrays, typed arrays`);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${textOf(member, `${where}.${key}`, inside)}`);
  return `{${members.join(",")}}`;
}
