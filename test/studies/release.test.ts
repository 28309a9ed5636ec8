import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { registryState, versionsOf } from "../../src/monitoring/index.js";
import { setting } from "../../src/pipeline/setting.js";
import { releaseDrill } from "../../src/studies/release/drill.js";
import { drillModels } from "../../src/studies/release/models.js";

const scratch = mkdtempSync(join(tmpdir(), "release-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it("has eight good models and eight bad ones", () => {
  expect(drillModels.filter(({ good }) => good)).toHaveLength(8);
  expect(new Set(drillModels.map(({ name }) => name)).size).toBe(16);
});

it("catches models before users see them, and leaves the champion where no gate decides for a model", async () => {
  const world = { videos: 300, creators: 30, days: 8, extraDays: 4 };
  const base = setting({ scale: "tiny", seed: 3, datasets: join(scratch, "datasets"), world });
  const models = drillModels.filter(({ name }) => ["NaN weights", "wrong feature scaling"].includes(name));
  const registry = join(scratch, "registry");
  const plan = { users: 60, looks: [1], share: 0.4 };
  const { rows, champion } = await releaseDrill(base, registry, { models, plan });
  expect(rows.map(({ model, caughtAt }) => [model, caughtAt])).toEqual([
    ["wrong feature scaling", "parity"],
    ["NaN weights", "offline"],
  ]);
  for (const row of rows) expect(row).toMatchObject({ users: 0, minutesLost: 0, promoted: false });
  expect(champion).toBe(1);
  expect(versionsOf(registry)).toHaveLength(3);
  expect(registryState(registry).aliases).toMatchObject({ champion: 1, shadow: 2, candidate: 3 });
});
