/**
 * A registry of models in a folder: numbered versions with their lineage, and aliases that say which one serves (MLflow's words:
 * candidate, shadow, canary, champion). A version's record never changes. All aliases and their history are one file, which is replaced
 * whole, so that a process killed at any moment of a promotion leaves the old champion or the new one, and nothing between.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { removeLeftovers, takeLock, writeJsonAtomic } from "../../artifacts/index.js";

/** What a version may be called. */
export const aliases = ["candidate", "shadow", "canary", "champion"] as const;

/** One of them. */
export type Alias = (typeof aliases)[number];

const lineage = z.object({
  artifact: z.string().min(1), // folder or id of the model's files
  parent: z.number().int().positive().optional(), // version that it was fitted from
  window: z.tuple([z.number(), z.number()]), // first and last day of its data
  features: z.array(z.string()),
  config: z.record(z.string(), z.unknown()),
  metrics: z.record(z.string(), z.number()),
  signature: z.record(z.string(), z.string()), // type of each input and output
});

/** Where a model comes from. */
export type Lineage = z.infer<typeof lineage>;

const move = z.object({
  alias: z.enum(aliases),
  from: z.number().int().optional(), // version before
  to: z.number().int(),
  reason: z.string(),
});
const state = z.object({ aliases: z.partialRecord(z.enum(aliases), z.number().int()), history: z.array(move) });

/** Which version each alias is, and every move, oldest first. */
export type RegistryState = z.infer<typeof state>;

/** Versions of a registry, ascending, with their lineage. @throws Error on a damaged record */
export function versionsOf(dir: string): readonly (Lineage & { readonly version: number })[] {
  let names: readonly string[] = [];
  try {
    names = readdirSync(join(dir, "versions"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return names
    .flatMap((name) => (/^\d+\.json$/.test(name) ? [Number(name.slice(0, -5))] : []))
    .sort((a, b) => a - b)
    .map((version) => ({ version, ...read(join(dir, "versions", `${version}.json`), lineage)! }));
}

/** The aliases as they are now. */
export function registryState(dir: string): RegistryState {
  return read(join(dir, "aliases.json"), state) ?? { aliases: {}, history: [] };
}

/** Adds a version, which becomes the candidate. Gives its number. @throws Error on an unknown parent or a lineage that is none */
export async function register(dir: string, given: Lineage): Promise<number> {
  const record = checked("lineage", given, lineage);
  return alone(dir, async () => {
    const known = versionsOf(dir).map(({ version }) => version);
    if (record.parent !== undefined && !known.includes(record.parent))
      throw new RangeError(`unknown parent: ${record.parent}; known versions: ${known.join(", ") || "none"}`);
    const version = (known.at(-1) ?? 0) + 1;
    await writeJsonAtomic(join(dir, "versions", `${version}.json`), record);
    await moveTo(dir, "candidate", version, "registered");
    return version;
  });
}

/** Gives an alias to a version. Champions are made by `promote`. @throws RangeError on an unknown version or alias */
export function setAlias(
  dir: string,
  alias: Exclude<Alias, "champion">,
  version: number,
  reason: string,
): Promise<void> {
  if ((alias as string) === "champion") throw new RangeError("alias champion is given by promote and rollBack alone");
  return alone(dir, () => moveTo(dir, alias, version, reason));
}

/** Makes a version the champion if every gate passed. @throws RangeError naming the gates that did not, or where there are none */
export function promote(dir: string, version: number, gates: readonly GateResult[]): Promise<void> {
  const refused = gates.filter(({ verdict }) => verdict !== "passed");
  if (gates.length === 0 || refused.length > 0)
    throw new RangeError(
      `version ${version} is not promoted: ` +
        (refused.map(({ gate, verdict, says }) => `${gate} ${verdict} (${says})`).join("; ") || "no gate was judged"),
    );
  return alone(dir, () => moveTo(dir, "champion", version, `passed ${gates.map(({ gate }) => gate).join(", ")}`));
}

/** Makes the champion before this one champion again; a second time, the one before that. Gives its version. */
export function rollBack(dir: string, reason: string): Promise<number> {
  return alone(dir, async () => {
    // a stack: a promotion pushes the version it replaced, a roll-back pops it
    const stack: number[] = [];
    for (const { alias, from, reason: why } of registryState(dir).history)
      if (alias === "champion")
        if (why.startsWith("roll back")) stack.pop();
        else if (from !== undefined) stack.push(from);
    const before = stack.at(-1);
    if (before === undefined) throw new RangeError("no champion to roll back to; allowed: after a second promotion");
    await moveTo(dir, "champion", before, `roll back: ${reason}`);
    return before;
  });
}

/** What a gate found. */
export interface GateResult {
  readonly gate: "offline" | "parity" | "calibration" | "latency" | "canary";
  readonly verdict: "passed" | "failed" | "undecided";
  readonly says: string;
}

async function moveTo(dir: string, alias: Alias, version: number, reason: string): Promise<void> {
  const known = versionsOf(dir).map((one) => one.version);
  if (!known.includes(version))
    throw new RangeError(`unknown version: ${version}; known: ${known.join(", ") || "none"}`);
  if (!aliases.includes(alias)) throw new RangeError(`unknown alias: ${alias}; known: ${aliases.join(", ")}`);
  const now = registryState(dir);
  const from = now.aliases[alias];
  await writeJsonAtomic(join(dir, "aliases.json"), {
    aliases: { ...now.aliases, [alias]: version },
    history: [...now.history, { alias, ...(from !== undefined && { from }), to: version, reason }],
  });
}

/** One writer at a time; the lock of a killed one is taken over. */
async function alone<T>(dir: string, work: () => Promise<T>): Promise<T> {
  await mkdir(join(dir, "versions"), { recursive: true });
  for (let wait = 0; wait < 200; wait++) {
    const lock = await takeLock(join(dir, "registry.lock"));
    if (lock === undefined) {
      await new Promise((done) => setTimeout(done, 25));
      continue;
    }
    try {
      await removeLeftovers(dir);
      return await work();
    } finally {
      await lock.release();
    }
  }
  throw new Error(`the registry in ${dir} is being written by another process for 5 seconds; try again`);
}

function read<T>(path: string, shape: z.ZodType<T>): T | undefined {
  try {
    return checked(path, JSON.parse(readFileSync(path, "utf8")), shape);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function checked<T>(what: string, value: unknown, shape: z.ZodType<T>): T {
  const found = shape.safeParse(value);
  if (found.success) return found.data;
  const { path, message } = found.error.issues[0]!;
  throw new Error(`${what} is damaged at ${path.join(".") || "its root"}: ${message}`, { cause: found.error });
}
