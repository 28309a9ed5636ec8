/**
 * Names for what was made: a value's canonical JSON, its hash, and a hash of the code that makes it. Equal meaning gives
 * equal bytes: keys are sorted, `undefined` members are left out, -0 is 0, typed arrays are plain arrays.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * JSON with sorted keys and no white space, so that equal values give equal text.
 * @throws TypeError on what JSON cannot say (functions, bigint, NaN, infinities, cycles, Map, Set, Date), naming where.
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

/**
 * A hash of the running package's own code, so that a changed room re-makes what it made before.
 * @param rooms folders or files below the package's code directory, without extension: `["world", "types", "data/features"]`.
 * Built `.js` files are hashed when running from `dist`, `.ts` files when run from `src` (tests).
 * @throws Error when a room does not exist.
 */
export function codeHash(rooms: readonly string[]): string {
  const here = fileURLToPath(import.meta.url);
  const root = dirname(dirname(here));
  const extension = extname(here);
  const hash = createHash("sha256");
  const files = new Set(rooms.flatMap((room) => codeFiles(root, room, extension)));
  for (const file of [...files].sort()) hash.update(`${file}\n`).update(sha256(readFileSync(join(root, file))));
  return hash.digest("hex").slice(0, 16);
}

function codeFiles(root: string, room: string, extension: string): string[] {
  const file = `${room}${extension}`;
  if (existsSync(join(root, file))) return [file];
  const folder = join(root, room);
  if (room === "" || !existsSync(folder) || !statSync(folder).isDirectory()) {
    const known = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    throw new Error(
      `unknown room: ${room}; known: ${known
        .map((entry) => entry.name)
        .sort()
        .join(", ")}`,
    );
  }
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${room}/${entry.name}`;
    if (entry.isDirectory()) return codeFiles(root, path, extension);
    return entry.name.endsWith(extension) && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
}

function textOf(value: unknown, where: string, above: readonly object[]): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${where} is ${value}; only finite numbers have JSON`);
    return JSON.stringify(value === 0 ? 0 : value);
  }
  if (typeof value !== "object") throw new TypeError(`${where} is a ${typeof value}; allowed: what JSON can say`);
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
