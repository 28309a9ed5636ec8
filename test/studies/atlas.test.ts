import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kendallTau } from "../../src/evaluation/index.js";
import { setting } from "../../src/pipeline/setting.js";
import { goals, type AtlasCell } from "../../src/studies/atlas/cell.js";
import { choiceChanges } from "../../src/studies/atlas/choice-models.js";
import { tryHypotheses } from "../../src/studies/atlas/hypotheses.js";
import { judgeAtlas, type MetricJudgement } from "../../src/studies/atlas/judge.js";
import { liftsOf } from "../../src/studies/atlas/lifts.js";
import { withBots } from "../../src/studies/atlas/parts.js";
import { atlasPolicies, volumeName } from "../../src/studies/atlas/policies.js";
import { atlasPlan } from "../../src/studies/atlas/study.js";

/** A policy with the same value in all goals: `noise` wide replicates, which are the same for all policies but for `own`. */
function cell(policy: string, value: number, offline: Readonly<Record<string, number>>, more: Partial<AtlasCell> = {}) {
  const values = Array.from({ length: 200 }, (_, r) => value + ((r % 20) - 9.5) / 10);
  const truth = Object.fromEntries(goals.map((goal) => [goal, { estimate: value, values }]));
  const base = { seed: 1, choiceModel: "position", family: "x", bound: false, estimates: {}, users: 100 };
  return { ...base, policy, offline, truth, ...more } as unknown as AtlasCell;
}
const of = (metrics: readonly MetricJudgement[], name: string): MetricJudgement =>
  metrics.find(({ metric, goal }) => metric === name && goal === "watchMinutes")!;

const truth = [4, 1, 7, 3, 6, 2, 8, 5];
const good = [3, 1, 7, 4, 6, 2, 8, 5]; // one pair wrong: the values 4 and 3
const names = ["logging", "a", "b", "c", "d", "e", "f", "g"];
const cells = names.map((name, i) => cell(name, truth[i]!, { good: good[i]!, bad: -truth[i]!, same: 1 }));

describe("a metric's judgement", () => {
  const { metrics, decided } = judgeAtlas(cells);

  it("has the tau-b of the policies, and counts decided pairs in the wrong order, equal ones half", () => {
    expect(decided.watchMinutes).toBe(1); // the same draws in all policies
    expect(of(metrics, "good").kendall.estimate).toBeCloseTo(kendallTau(good, truth), 12);
    expect(of(metrics, "good").signErrors.estimate).toBeCloseTo(1 / 28, 12);
    expect(of(metrics, "bad").signErrors.estimate).toBe(1);
    expect(of(metrics, "same").signErrors.estimate).toBe(0.5);
    expect(of(metrics, "same").kendall.estimate).toBeNaN();
  });

  it("has the regret of its first pick and of its first three, of equal metrics the worst choice", () => {
    expect(of(metrics, "good").regret).toEqual({ 1: 0, 3: 0 });
    expect(of(metrics, "bad").regret).toEqual({ 1: 7 / 8, 3: 5 / 8 });
    expect(of(metrics, "same").regret).toEqual({ 1: 7 / 8, 3: 5 / 8 });
  });

  it("says how many of the first three are below the logging policy, and the Sharpe ratio of them", () => {
    expect(of(metrics, "good").belowLogging).toBe(0);
    expect(of(metrics, "bad").belowLogging).toBe(1);
    expect(of(metrics, "good").sharpe).toBeCloseTo((8 - 4) / 1, 12); // 8, 7 and 6 deviate by 1
    expect(of(metrics, "bad").sharpe).toBeCloseTo(3 - 4, 12);
  });

  it("names the pairs that it gets wrong, the most costly first", () => {
    expect(of(metrics, "good").misleads).toEqual([
      { world: "seed 1, position", preferred: "c", better: "logging", loss: 1 },
    ]);
    expect(of(metrics, "bad").misleads[0]).toMatchObject({ preferred: "a", better: "f", loss: 7 });
  });

  it("leaves out bounds, pairs that are not decided, and metrics that few policies have", () => {
    const shifted = (own: AtlasCell): AtlasCell => {
      const values = own.truth.watchMinutes.values.map((value, r) => value + (r % 2 === 0 ? 20 : -20));
      return { ...own, truth: { ...own.truth, watchMinutes: { ...own.truth.watchMinutes, values } } };
    };
    const oracle = cell("oracle", 100, { good: 0 }, { bound: true });
    const rare = cell("h", 9, { good: 9, rare: 1 });
    const judged = judgeAtlas([...cells, shifted(rare), oracle]);
    expect(judged.decided.watchMinutes).toBeCloseTo(28 / 36, 12);
    expect(of(judged.metrics, "good")).toMatchObject({ pairs: 28, policies: 9, regret: { 1: 0 } });
    expect(of(judged.metrics, "good").worlds[0]).toMatchObject({ pick: "h", best: "h" });
    expect(of(judged.metrics, "rare")).toBeUndefined();
  });

  it("is a mean over worlds, and an interval over policies and worlds holds it", () => {
    const other = cells.map((one) => ({ ...one, seed: 2, offline: { ...one.offline, good: one.offline["bad"]! } }));
    const { signErrors, kendall, worlds } = of(judgeAtlas([...cells, ...other]).metrics, "good");
    expect(signErrors.estimate).toBeCloseTo((1 / 28 + 1) / 2, 12);
    expect(signErrors.low).toBeLessThan(0.1);
    expect(signErrors.high).toBeGreaterThan(0.9);
    expect(kendall.estimate).toBeCloseTo((kendallTau(good, truth) - 1) / 2, 12);
    expect(worlds.map((world) => world.pick)).toEqual(["f", "a"]);
  });

  it("is compared between choice models by pairs of worlds of one seed", () => {
    const under = (seed: number, choiceModel: string, from: string): AtlasCell[] =>
      cells.map((one) => ({ ...one, seed, choiceModel, offline: { ...one.offline, good: one.offline[from]! } }));
    expect(choiceChanges(cells, "watchMinutes")).toEqual([]);
    const all = [1, 2, 3].flatMap((seed) => [...under(seed, "position", "good"), ...under(seed, "cascade", "bad")]);
    const good = choiceChanges([...all, ...under(4, "cascade", "good")], "watchMinutes").find(
      ({ metric }) => metric === "good",
    )!;
    expect(good.first).toMatchObject({ choiceModel: "position" });
    expect(good.first.signErrors).toBeCloseTo(1 / 28, 12);
    expect(good.others).toMatchObject([{ choiceModel: "cascade", worlds: 3 }]); // seed 4 has no pair
    expect(good.others[0]!.more.estimate).toBeCloseTo(27 / 28, 12);
  });

  it("counts a policy as estimable where no refusal is said", () => {
    const refused = cells.map((one, i) => (i < 2 ? { ...one, refused: "no support" } : one));
    expect(judgeAtlas(refused).estimable).toBe(0.75);
  });
});

describe("lifts over the policy that collected the log", () => {
  it("are means over worlds in per cent, and pairs within their noise are undecided", () => {
    const second = cells.map((one) => ({ ...one, seed: 2 }));
    const { policies, undecided } = liftsOf([...cells, ...second], ["good"]);
    const f = policies.find(({ policy }) => policy === "f")!;
    expect(f.goals.watchMinutes!.estimate).toBeCloseTo(100, 9);
    expect(f.metrics).toEqual({ good: 8 });
    expect(undecided.watchMinutes).toEqual([]);
    const twin = liftsOf([...cells, cell("twin of a", 1, {})], []);
    expect(twin.undecided.watchMinutes).toEqual([["twin of a", "a"]]);
  });
});

describe("headlines", () => {
  const model = (name: string, volume: number, value: number, seed = 1): AtlasCell =>
    cell(volumeName(name, volume), value, {}, { seed });
  const tried = (of: readonly AtlasCell[]) => tryHypotheses(judgeAtlas(of), of).map(({ outcome }) => outcome);

  it("the order over data: changes, keeps, or is not decided", () => {
    const worlds = (less: number) => [
      model("gbdt", 1, 5),
      model("dcn", 1, 6),
      model("gbdt", 0.1, 3),
      model("dcn", 0.1, less),
    ];
    expect(tried(worlds(2))[0]).toBe("held");
    expect(tried(worlds(4))[0]).toBe("did not hold");
    expect(tried(worlds(3))[0]).toBe("undecided");
  });

  it("NDCG against DCG, and the winners of AUC and CTR", () => {
    const keeps = names.map((name, i) =>
      cell(name, truth[i]!, { "NDCG@10 watch": -truth[i]!, "DCG@10 watch": truth[i]!, AUC: -truth[i]! }),
    );
    expect(tried(keeps).slice(1)).toEqual(["held", "held", "did not hold"]); // CTR is the truth here
    const inverts = names.map((name, i) =>
      cell(name, truth[i]!, { "NDCG@10 watch": truth[i]!, "DCG@10 watch": -truth[i]!, AUC: truth[i]! }),
    );
    expect(tried(inverts).slice(1)).toEqual(["did not hold", "did not hold", "did not hold"]);
  });
});

describe("the plan", () => {
  const base = setting({ scale: "tiny", seed: 5, datasets: mkdtempSync(join(tmpdir(), "stagecraft-atlas-")) });

  it("has at least 24 policies of at least 8 families, each named once, and one that collected the log", () => {
    expect(atlasPolicies.length).toBeGreaterThanOrEqual(24);
    expect(new Set(atlasPolicies.map(({ family }) => family)).size).toBeGreaterThanOrEqual(8);
    expect(new Set(atlasPolicies.map(({ name }) => name)).size).toBe(atlasPolicies.length);
    expect(atlasPolicies.map(({ name }) => name)).toContain("logging");
  });

  it("is of seeds and choice models, with own policies and models among the others", async () => {
    const options = {
      seeds: 2,
      choiceModels: ["cascade", "position"],
      only: ["random", "popularity", "watch rate", "rank by dcn"],
    } as const;
    const policies = ["notebooks/policies/my-policy.mjs", "http://127.0.0.1:8090"];
    const plan = await atlasPlan(base, { ...options, policies, models: ["notebooks/models/my-ranker.mjs"] });
    expect(plan.worlds.map(({ seed, world }) => [seed, world.choiceModel])).toEqual([
      [5, "cascade"],
      [6, "cascade"],
      [5, "position"],
      [6, "position"],
    ]);
    expect(plan.policies.map(({ name }) => name)).toEqual(expect.arrayContaining(["random", "logging", "my-policy"]));
    expect(plan.policies.filter(({ family }) => family === "own").length).toBe(4); // a ranker by watch and by clicks
    expect(plan.policies.find(({ name }) => name === "127-0-0-1-8090")?.arm).toMatchObject({ kind: "remote" });
  });

  it("above the lesson's scale has at least 24 of at least eight families, and all where they are asked for", async () => {
    const small = setting({ scale: "small", datasets: base.datasets });
    const { policies } = await atlasPlan(small, { seeds: 1 });
    const picked = policies.filter(({ bound }) => !bound);
    expect(picked.length).toBeGreaterThanOrEqual(24);
    expect(new Set(picked.map(({ family }) => family)).size).toBeGreaterThanOrEqual(8);
    expect(picked.length).toBeLessThan(atlasPolicies.length - 1);
    expect((await atlasPlan(small, { seeds: 1, only: ["all"] })).policies).toHaveLength(atlasPolicies.length);
  });

  it("refuses what is not there, saying what is allowed", async () => {
    await expect(atlasPlan(base, { seeds: 0 })).rejects.toThrow("invalid seeds: 0; allowed");
    await expect(atlasPlan(base, { only: ["random"] })).rejects.toThrow("invalid number of policies: 2; allowed");
    await expect(atlasPlan(base, { only: ["nosuch"] })).rejects.toThrow(
      "unknown policy: nosuch; known: all, random, logging",
    );
    await expect(atlasPlan(base, { choiceModels: ["cascade", "cascade"] })).rejects.toThrow("invalid choice model");
    await expect(atlasPlan(base, { policies: ["no.mjs"] })).rejects.toThrow("no.mjs");
    await expect(atlasPlan(base, { policies: ["http://"] })).rejects.toThrow("invalid policy: http://; allowed");
    const twice = ["notebooks/policies/my-policy.mjs", "other/my-policy.mjs"];
    await expect(atlasPlan(base, { policies: twice })).rejects.toThrow("two policies are named my-policy; allowed");
  });
});

it("bots click a tenth of the creators, always, and watch a second of what they click; people's rows stay", () => {
  const count = 2_000;
  const column = (of: (row: number) => number) => Float64Array.from({ length: count }, (_, row) => of(row));
  const set = {
    count,
    user: column((row) => row % 100),
    video: column((row) => row % 500),
    ...{ click: column(() => 0.5), watchMs: column(() => 7), like: column(() => 1), hide: column(() => 0) },
    conversion: column(() => 1),
  } as unknown as Parameters<typeof withBots>[0];
  const videos = { creator: Int32Array.from({ length: 500 }, (_, v) => v) };
  const rows = withBots(set, { videos } as unknown as Parameters<typeof withBots>[1], 3, 0.5);
  const bots = [...rows.click.keys()].filter((row) => rows.click[row] !== 0.5);
  expect(bots.length / count).toBeGreaterThan(0.35);
  expect(bots.length / count).toBeLessThan(0.65);
  const clicked = bots.filter((row) => rows.click[row] === 1);
  expect(clicked.length / bots.length).toBeGreaterThan(0.05);
  expect(clicked.length / bots.length).toBeLessThan(0.16);
  for (const row of bots) expect(rows.watchMs[row]).toBe(1000 * rows.click[row]!);
  expect(rows.watchMs[[...rows.click.keys()].find((row) => rows.click[row] === 0.5)!]).toBe(7);
  expect(withBots(set, { videos } as never, 3, 0)).toBe(set);
});
