import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { playArms, type Arm } from "../../src/pipeline/index.js";
import { elsewhere, trainedPlatform } from "../support/small-platform.js";

const scratch = mkdtempSync(join(tmpdir(), "stagecraft-own-policy-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const example = fileURLToPath(new URL("../../notebooks/policies/my-policy.mjs", import.meta.url));
const random: Arm = { name: "random", policy: { kind: "uniform" } };
const trial = { users: 60, days: 2 };

describe("a policy of one's own", () => {
  it("plays as an arm does, with its config, learns from the log, and answers the same in a process", async () => {
    const trained = await trainedPlatform();
    const mine = (epsilon: number): Arm => ({
      name: `mine ${epsilon}`,
      policy: { module: example, config: { epsilon } },
    });
    const arms = [random, mine(0.1), mine(1)];
    const [uniform, greedy, exploring] = await playArms(elsewhere(trained, join(scratch, "here")), arms, trial);
    const minutes = ({ userDays }: typeof uniform & object): number =>
      userDays.watchMs.reduce((sum, ms) => sum + ms, 0) / 60_000;
    expect(minutes(greedy!)).toBeGreaterThan(1.3 * minutes(uniform!)); // it knows what the log's users watched
    expect(minutes(greedy!)).toBeGreaterThan(1.3 * minutes(exploring!)); // epsilon 1: any video
    const [again] = await playArms(elsewhere(trained, join(scratch, "elsewhere"), 2), [mine(0.1), random], trial);
    expect(again!.userDays).toEqual(greedy!.userDays);
  });

  it("is refused where its file has no policy: what it exports, and what is allowed", async () => {
    const file = join(scratch, "none.mjs");
    writeFileSync(file, "export const recommend = () => [];\n");
    const home = elsewhere(await trainedPlatform(), join(scratch, "refused"));
    await expect(playArms(home, [{ name: "none", policy: { module: file } }], trial)).rejects.toThrow(
      /no function "policy".*exports recommend.*allowed: export const policy = \(config, context\) => /s,
    );
  });
});
