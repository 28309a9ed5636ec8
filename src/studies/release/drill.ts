/**
 * The release drill: models are pushed one after another through the registry's gates. Offline judges a model as its trainer does;
 * parity, calibration and latency judge it in the shadow of the champion, as it serves; the canary serves it to a share of users, beside a
 * baseline of as many users that starts with it and has the champion's model. A gate that cannot decide refuses. Who is promoted is the
 * champion of the next. What a canary cost is measured in a twin world in which its users had the champion.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeHash, makeOrLoad, writeJsonAtomic } from "../../artifacts/index.js";
import type { Interval } from "../../evaluation/index.js";
import { type Lineage, promote, register, registryState, setAlias } from "../../monitoring/index.js";
import type { Setting } from "../../pipeline/setting.js";
import type { RunControl } from "../../types.js";
import { judged, type Judged } from "../ab-audit/hypotheses.js";
import { judge, type Judgement } from "./gates.js";
import { releaseHypotheses } from "./hypotheses.js";
import { type DrillModel, drillModels, firstChampion } from "./models.js";
import { type DrillPlan, type Known, openSite, type Site } from "./site.js";

export const drillPlan: DrillPlan = { users: 3000, looks: [5, 9], share: 0.5 };

/** What became of a model. */
export interface DrillRow extends Judgement {
  readonly model: string;
  readonly good: boolean;
  readonly version: number;
  readonly caughtAt: Judgement["gates"][number]["gate"] | null;
  readonly promoted: boolean;
}

/** A drill. */
export interface Drill {
  readonly rows: readonly DrillRow[];
  readonly champion: number;
  readonly judged: readonly Judged[];
}

/** Plays. `registry`: its folder, empty. @throws what the fits throw */
export async function releaseDrill(
  base: Setting,
  registry: string,
  { models = drillModels, plan = drillPlan }: { models?: readonly DrillModel[]; plan?: DrillPlan } = {},
  control: RunControl = {},
): Promise<Drill> {
  const quiet: RunControl = control.signal ? { signal: control.signal } : {};
  const site = await openSite(base, plan, quiet);
  try {
    await promote(registry, await register(registry, lineageOf(site, "first champion")), [
      { gate: "offline", verdict: "passed", says: "the first model" },
    ]);
    let champion = once(async () => site.known(await firstChampion(site.parts)));
    const rows: DrillRow[] = [];
    for (const { name, good, make } of models) {
      control.signal?.throwIfAborted();
      const parent = registryState(registry).aliases.champion!;
      const version = await register(registry, { ...lineageOf(site, name), parent });
      const candidate = once(async () => site.known(await make(site.parts)));
      const promotedBefore = rows.filter(({ promoted }) => promoted).map(({ model }) => model);
      const made = await makeOrLoad(
        {
          ...{ root: base.datasets, kind: "release", code: codeHash(import.meta.url) },
          ...{ config: { plan, version, name, promotedBefore }, inputs: [site.prepared.artifact.id] },
        },
        async (dir) => {
          const found = await judge(site, await champion(), await candidate(), `release ${version}`);
          await writeJsonAtomic(join(dir, "judgement.json"), found);
        },
      );
      const found = JSON.parse(await readFile(join(made.dir, "judgement.json"), "utf8")) as Judgement;
      const reached = found.gates.map(({ gate }) => gate);
      for (const [alias, gate] of [
        ["shadow", "parity"],
        ["canary", "canary"],
      ] as const)
        if (reached.includes(gate)) await setAlias(registry, alias, version, `${name}: passed the gates before`);
      const caughtAt = found.gates.find(({ verdict }) => verdict !== "passed")?.gate ?? null;
      if (caughtAt === null) {
        await promote(registry, version, found.gates);
        champion = candidate;
      }
      rows.push({ model: name, good, version, ...found, caughtAt, promoted: caughtAt === null });
      control.onProgress?.("models", rows.length, models.length, name);
    }
    return {
      rows,
      champion: registryState(registry).aliases.champion!,
      judged: judged(releaseHypotheses, measures(rows)),
    };
  } finally {
    await site.close();
  }
}

/** A model is fitted only where its judgement is not known yet. */
function once(make: () => Promise<Known>): () => Promise<Known> {
  let known: Promise<Known> | undefined;
  return () => (known ??= make());
}

function lineageOf({ prepared, parts }: Site, artifact: string): Lineage {
  const { train } = prepared.split;
  const { categories, numbers } = parts.train.features.schema;
  return {
    artifact,
    window: [train[0]!, train.at(-1)!],
    features: [...categories, ...numbers].map(({ name }) => name),
    config: {},
    metrics: {},
    signature: { clickProbability: "float32", watchMs: "float32" },
  };
}

/** What the hypotheses speak of: counts of models. */
function measures(rows: readonly DrillRow[]): Readonly<Record<string, Interval>> {
  const count = (of: (row: DrillRow) => boolean): Interval => {
    const estimate = rows.filter(of).length;
    return { estimate, low: estimate, high: estimate, standardError: 0, level: 0.95, units: rows.length };
  };
  const skews = ["wrong feature scaling", "swapped columns", "label leak"];
  return {
    "bad promoted": count(({ good, promoted }) => !good && promoted),
    "good promoted": count(({ good, promoted }) => good && promoted),
    "bad at offline": count(({ good, caughtAt }) => !good && caughtAt === "offline"),
    "skew at parity": count(({ model, caughtAt }) => skews.includes(model) && caughtAt === "parity"),
    "bad at canary": count(({ good, users }) => !good && users > 0),
  };
}
