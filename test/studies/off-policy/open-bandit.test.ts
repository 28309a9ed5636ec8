import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyOf, uniform } from "../../../src/random.js";
import {
  isOpenBandit,
  openBanditEstimates,
  type OpenBanditEstimates,
} from "../../../src/studies/off-policy/open-bandit.js";
import { temporaryFolder } from "../../support/folder.js";
import { answerOf } from "../../support/verbs.js";

const items = 5;
const clickRate = (item: number, position: number): number => (0.05 + 0.08 * item) / position;

/** Two policies' logs of a campaign, in the data set's columns. Thompson sampling's probabilities change from row to row. */
function campaign(folder: string, name: string, { rows = 1800, rare = false } = {}): void {
  for (const policy of ["bts", "random"]) {
    const dir = join(folder, policy, name);
    mkdirSync(dir, { recursive: true });
    const key = keyOf(policy, name);
    const lines = Array.from({ length: rows }, (_, row) => {
      const position = 1 + (row % 3);
      const weight = Array.from({ length: items }, (_, item) =>
        policy === "random" ? 1 : Math.exp(0.5 * item + uniform(key, row, item)),
      );
      const sum = weight.reduce((a, b) => a + b);
      let [item, left] = [0, uniform(key, row, 8) * sum];
      while (left > weight[item]!) left -= weight[item++]!;
      const click = uniform(key, row, 9) < clickRate(item, position) ? 1 : 0;
      const propensity = rare && policy === "bts" && row === 7 ? 1e-6 : weight[item]! / sum;
      return `${row},2019-11-24 00:00:${row % 60}+00:00,${item},${position},${click},${propensity},hash,0.0`;
    });
    const head = ",timestamp,item_id,position,click,propensity_score,user_feature_0,user-item_affinity_0";
    writeFileSync(join(dir, `${name}.csv`), [head, ...lines].join("\n"));
    const context = Array.from({ length: items }, (_, item) => `${item},${item},0.5,hash`);
    writeFileSync(join(dir, "item_context.csv"), [",item_id,item_feature_0,item_feature_1", ...context].join("\n"));
  }
}

describe("the Open Bandit Dataset's form", () => {
  it("gives each policy's click rate from the log of the other, and refuses a campaign that one weight carries", async () => {
    const folder = temporaryFolder();
    expect(isOpenBandit(folder)).toBe(false);
    campaign(folder, "all");
    campaign(folder, "women", { rare: true });
    expect(isOpenBandit(folder)).toBe(true);
    const campaigns = await openBanditEstimates(folder, { replicates: 200 });
    expect(campaigns.map(({ campaign, log, target }) => `${campaign}: ${log} → ${target}`)).toEqual([
      "all: bts → random",
      "all: random → bts",
      "women: bts → random",
      "women: random → bts",
    ]);
    const random =
      [0, 1, 2, 3, 4].reduce((sum, item) => sum + clickRate(item, 1) / items, 0) * ((1 + 1 / 2 + 1 / 3) / 3);
    const [fromThompson, fromRandom, women] = campaigns as [
      OpenBanditEstimates,
      OpenBanditEstimates,
      OpenBanditEstimates,
    ];
    expect(fromThompson.estimates.map(({ estimator }) => estimator)).toEqual([
      "direct method",
      "IPS",
      "SNIPS",
      "clipped IPS",
      "DR",
      "SN-DR",
      "switch-DR",
    ]);
    for (const one of fromThompson.estimates) {
      if ("refused" in one) throw new Error(one.refused);
      expect(Math.abs(one.interval.estimate - random)).toBeLessThan(4 * one.interval.standardError + 0.01);
      expect(one.check.meanWeight).toBeCloseTo(1, 1);
    }
    // the two policies differ by more than the estimates' errors, so the directions are not mixed up
    expect(fromRandom.truth.low).toBeGreaterThan(fromThompson.truth.high);
    for (const one of fromRandom.estimates)
      expect("interval" in one && Math.abs(one.interval.estimate / fromRandom.truth.estimate - 1)).toBeLessThan(0.2);
    expect(women.estimates).toEqual([
      {
        estimator: "all",
        refused: expect.stringMatching(/^the log has almost no support: 1800 rows are worth 1\.\d+/) as string,
        check: expect.objectContaining({ rows: 1800, largestWeight: expect.closeTo(200_000, 6) as number }) as object,
      },
    ]);
  });

  it("is what `reproduce` recognises: the same seed, the same numbers", async () => {
    const folder = temporaryFolder();
    campaign(folder, "men", { rows: 200 });
    const said = await answerOf("reproduce", folder, "--seed", "3");
    expect(said).toEqual({ layout: "open-bandit", campaigns: await openBanditEstimates(folder, { seed: 3 }) });
  });

  it("is refused where a value is none: the file, the row, the value, what is allowed", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "bts"));
    mkdirSync(join(folder, "random"));
    await expect(openBanditEstimates(folder)).rejects.toThrow(
      /^no campaign at .*; expected the same folders below bts\/ and random\//,
    );
    campaign(folder, "men", { rows: 60 });
    const file = join(folder, "bts", "men", "men.csv");
    const fault = async (row: string): Promise<unknown> => {
      writeFileSync(file, `,timestamp,item_id,position,click,propensity_score\n0,t,0,3,0,0.5\n1,t,${row}\n`);
      return openBanditEstimates(folder).catch((error: unknown) => String(error));
    };
    expect(await fault("5,1,0,0.2")).toMatch(/men\.csv: item_id of row 2 is 5; allowed: 0 to 4/);
    expect(await fault("0,0,0,0.2")).toMatch(/men\.csv: position of row 2 is 0; allowed: 1 to 100/);
    expect(await fault("0,1,2,0.2")).toMatch(/men\.csv: click of row 2 is 2; allowed: 0 to 1/);
    expect(await fault("0,1,1,0")).toMatch(/logging propensity \[1\] is 0; it must be in \(0, 1\]/);
    expect(await fault("x,1,1,0.2")).toMatch(/Could not convert string 'x'/);
    writeFileSync(file, `,timestamp,item_id,position,click,propensity_score\n0,t,0,2,0,0.5\n`);
    await expect(openBanditEstimates(folder)).rejects.toThrow(
      "bts has 5 items at 2 positions, random 5 items at 3 positions",
    );
  });
});
