// The benches' own arithmetic and words. Nothing here is timed: a test that fails on a busy machine tests the machine.
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

interface Spread {
  median: number;
  min: number;
  max: number;
  q1: number;
  q3: number;
  n: number;
}
interface Sample {
  work: number;
  seconds: number;
  cpuSeconds?: number;
  p50Ms?: number;
  p99Ms?: number;
}
interface Contender {
  name: string;
  unit: string;
  includes: string;
  peer?: boolean;
  run: () => Sample | Promise<Sample>;
}
interface Measured {
  name: string;
  peer: boolean;
  unit: string;
  work: number;
  rate: Spread;
  cpuRate?: Spread;
  p50Ms?: Spread;
  p99Ms?: Spread;
  samples: Sample[];
}
interface Ratio {
  of: string;
  to: string;
  what: string;
  ratio: Spread;
}
interface Harness {
  quantile(values: ArrayLike<number>, q: number): number;
  spread(values: readonly number[]): Spread;
  takeTurns(
    contenders: readonly Contender[],
    options: {
      repetitions: number;
      warmUps?: number;
      signal?: AbortSignal;
      onProgress?: (done: number, total: number, name: string) => void;
    },
  ): Promise<Measured[]>;
  summarise(contender: Partial<Contender>, samples: readonly Sample[]): Measured;
  ratio(of: Measured, to: Measured, what?: "rate" | "cpu" | "p50" | "p99"): Ratio;
  latency(timesMs: readonly number[]): { p50Ms: number; p99Ms: number };
  short(value: number): string;
  describe(result: {
    title: string;
    measured: Measured[];
    ratios: Ratio[];
    notes: string[];
    tables?: { title: string; rows: string[][] }[];
    parts?: readonly object[];
  }): string[];
}

let harness: Harness;
beforeAll(async () => {
  harness = (await import(/* @vite-ignore */ path.join(root, "bench/harness.mjs"))) as Harness;
});

const contender = (name: string, samples: readonly Sample[], met: string[] = []): Contender => {
  let turn = 0;
  return { name, unit: "rows", includes: "", run: () => (met.push(name), samples[turn++ % samples.length]!) };
};
const rows = (work: number, seconds: number): Sample => ({ work, seconds });

describe("median and spread", () => {
  it("interpolates between order statistics", () => {
    expect(harness.spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, q1: 1.75, q3: 3.25, max: 4, n: 4 });
    expect(harness.spread([7])).toEqual({ median: 7, min: 7, q1: 7, q3: 7, max: 7, n: 1 });
  });
  it("orders min, quartiles, median and max for any numbers, and leaves them where they were", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (values) => {
          const before = [...values];
          const { min, q1, median, q3, max } = harness.spread(values);
          expect(values).toEqual(before);
          expect(min === Math.min(...values) && max === Math.max(...values)).toBe(true); // ===: 0 is -0
          const slack = 1e-6; // of interpolating between equal doubles
          expect(min <= q1 + slack && q1 <= median + slack && median <= q3 + slack && q3 <= max + slack).toBe(true);
        },
      ),
    );
  });
  it("refuses no values, NaN and quantiles outside 0 to 1, naming them", () => {
    expect(() => harness.spread([])).toThrow("no values");
    expect(() => harness.spread([1, NaN])).toThrow("value is NaN; allowed: finite numbers");
    expect(() => harness.quantile([1], 1.5)).toThrow("q is 1.5; allowed: 0 to 1");
  });
  it("gives p50 and p99 of single times", () => {
    const times = Array.from({ length: 101 }, (_, i) => i);
    expect(harness.latency(times)).toEqual({ p50Ms: 50, p99Ms: 99 });
  });
});

describe("the text of a bench", () => {
  it("of several parts is the parts' texts, one after another", () => {
    const part = (name: string) => {
      const measured = [harness.summarise(contender(name, []), [rows(10, 2)])];
      return { title: `${name}: rows per second`, measured, ratios: [], notes: [`${name} was measured`] };
    };
    const lines = harness.describe({
      title: "all",
      measured: [],
      ratios: [],
      notes: [],
      parts: [part("a"), part("b")],
    });
    expect(lines.filter((line) => /per second|was measured|^$/.test(line))).toEqual([
      expect.stringContaining("a: rows per second"),
      "  - a was measured",
      "",
      expect.stringContaining("b: rows per second"),
      "  - b was measured",
    ]);
  });
});

describe("turns", () => {
  it("are taken by all contenders in order, warm-ups first and not counted", async () => {
    const met: string[] = [];
    const a = contender("a", [rows(1, 1), rows(10, 1), rows(20, 1), rows(30, 1)], met);
    const b = contender("b", [rows(1, 1), rows(5, 1), rows(5, 1), rows(5, 1)], met);
    const [first, second] = await harness.takeTurns([a, b], { repetitions: 3, warmUps: 1 });
    expect(met.join("")).toBe("abababab");
    expect(first?.rate).toMatchObject({ median: 20, min: 10, max: 30, n: 3 });
    expect(second?.rate).toMatchObject({ median: 5, min: 5, max: 5 });
  });
  it("wait for work that takes time before the next contender begins", async () => {
    const met: string[] = [];
    const slow: Contender = {
      name: "slow",
      unit: "rows",
      includes: "",
      run: async () => {
        met.push("begin");
        await new Promise((resolve) => setTimeout(resolve, 5));
        met.push("end");
        return rows(1, 1);
      },
    };
    await harness.takeTurns([slow, contender("b", [rows(1, 1)], met)], { repetitions: 2, warmUps: 0 });
    expect(met).toEqual(["begin", "end", "b", "begin", "end", "b"]);
  });
  it("tell how far they are", async () => {
    const told: [number, number, string][] = [];
    await harness.takeTurns([contender("a", [rows(1, 1)]), contender("b", [rows(1, 1)])], {
      repetitions: 1,
      warmUps: 1,
      onProgress: (...now) => told.push(now),
    });
    expect(told).toEqual([
      [0, 4, "a"],
      [1, 4, "b"],
      [2, 4, "a"],
      [3, 4, "b"],
      [4, 4, "done"],
    ]);
  });
  it("end soon after an abort", async () => {
    const abort = new AbortController();
    const met: string[] = [];
    const stopping: Contender = {
      name: "a",
      unit: "rows",
      includes: "",
      run: () => (abort.abort(new Error("enough")), rows(1, 1)),
    };
    await expect(
      harness.takeTurns([stopping, contender("b", [rows(1, 1)], met)], { repetitions: 3, signal: abort.signal }),
    ).rejects.toThrow("enough");
    expect(met).toEqual([]);
  });
  it("refuse a contender that did nothing, two of one name, and no repetitions", async () => {
    await expect(harness.takeTurns([contender("idle", [rows(0, 1)])], { repetitions: 1 })).rejects.toThrow(
      "idle: 0 rows in 1 s; a bench must do some work",
    );
    await expect(
      harness.takeTurns([contender("a", [rows(1, 1)]), contender("a", [rows(1, 1)])], { repetitions: 1 }),
    ).rejects.toThrow("two contenders are called a");
    await expect(harness.takeTurns([], { repetitions: 0 })).rejects.toThrow(
      "repetitions is 0; allowed: a whole number, 1 or more",
    );
  });
});

describe("ratios", () => {
  const measured = (name: string, samples: readonly Sample[]): Measured =>
    harness.summarise({ name, unit: "rows", includes: "" }, samples);
  it("are of the same turn, so that a drift of the machine cancels", () => {
    // the machine gets ten times slower; we stay twice as fast
    const us = measured("us", [rows(100, 1), rows(100, 10), rows(100, 2)]);
    const peer = measured("peer", [rows(50, 1), rows(50, 10), rows(50, 2)]);
    expect(harness.ratio(us, peer)).toEqual({
      of: "us",
      to: "peer",
      what: "rate",
      ratio: { median: 2, min: 2, max: 2, q1: 2, q3: 2, n: 3 },
    });
  });
  it("are above 1 for the faster side, by rate and by latency", () => {
    const us = measured("us", [{ ...rows(10, 1), p50Ms: 2, p99Ms: 8 }]);
    const peer = measured("peer", [{ ...rows(10, 4), p50Ms: 6, p99Ms: 4 }]);
    expect(harness.ratio(us, peer).ratio.median).toBe(4);
    expect(harness.ratio(us, peer, "p50").ratio.median).toBeCloseTo(3, 12);
    expect(harness.ratio(us, peer, "p99").ratio.median).toBeCloseTo(0.5, 12);
  });
  it("per CPU second leave out what other programs took", () => {
    const us = measured("us", [{ ...rows(10, 8), cpuSeconds: 1 }]);
    const peer = measured("peer", [{ ...rows(10, 2), cpuSeconds: 2 }]);
    expect(us.cpuRate?.median).toBe(10);
    expect(harness.ratio(us, peer).ratio.median).toBe(0.25);
    expect(harness.ratio(us, peer, "cpu").ratio.median).toBe(2);
    expect(measured("old", [rows(1, 1)]).cpuRate).toBeUndefined();
  });
  it("are refused between other numbers of turns", () => {
    expect(() => harness.ratio(measured("us", [rows(1, 1)]), measured("peer", [rows(1, 1), rows(1, 1)]))).toThrow(
      "us has 1 samples and peer 2",
    );
  });
});

describe("what a person reads", () => {
  it("holds three digits, the spread, who is a peer, and every note", () => {
    const us = harness.summarise({ name: "us", unit: "rows", includes: "all of it" }, [
      rows(1_234_567, 1),
      rows(1_334_567, 1),
    ]);
    const peer = harness.summarise({ name: "them", peer: true, unit: "rows", includes: "the same" }, [
      rows(600_000, 1),
      rows(600_000, 1),
    ]);
    const text = harness
      .describe({
        title: "rows",
        measured: [us, peer],
        ratios: [harness.ratio(us, peer)],
        notes: ["no peer x: reason"],
      })
      .join("\n");
    expect(text).toContain("1,280,000 (1,230,000–1,330,000)");
    expect(text).toContain("peer: them");
    expect(text).toContain("us is 2.14 (2.06–2.22) × them");
    expect(text).toContain("- us: all of it");
    expect(text).toContain("- no peer x: reason");
  });
  it("says nothing of a ratio where there is no peer", () => {
    const us = harness.summarise({ name: "us", unit: "rows", includes: "" }, [rows(10, 1)]);
    expect(harness.describe({ title: "rows", measured: [us], ratios: [], notes: [] }).join("\n")).not.toContain("×");
  });
});

describe("the benches that are asked for", () => {
  let options: (words: string[]) => { names: string[] };
  beforeAll(
    async () =>
      ({ options } = (await import(/* @vite-ignore */ path.join(root, "bench/options.mjs"))) as {
        options: typeof options;
      }),
  );

  it.each([
    [[], ["world", "data", "models", "serving"]],
    [["dcn"], ["dcn"]],
    [
      ["metrics", "two-tower"],
      ["two-tower", "metrics"],
    ],
    [["dcn", "models"], ["models"]],
    [
      ["evaluation", "world"],
      ["world", "evaluation"],
    ],
  ])("%j are %j: each part of models once", (words, names) => {
    expect(options(words).names).toEqual(names);
  });
});

describe("the command", () => {
  let folder = "";
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), "stagecraft-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const bench = (...words: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [path.join(root, "bench/run.mjs"), ...words], { cwd: folder, encoding: "utf8" });

  it.each([
    [
      ["wolrd"],
      "unknown bench: wolrd; known: world, data, models, two-tower, dcn, multi-task, sasrec, gbdt, metrics, evaluation, drift, serve",
    ],
    [["--scale", "huge"], "unknown --scale: huge; allowed: smoke, tiny, small"],
    [["--seed", "1.5"], "invalid --seed: 1.5; allowed: a whole number, 0 or more"],
    [["--repetitions", "0"], "invalid --repetitions: 0; allowed: a whole number, 1 to 100"],
    [["--workers", "65"], "invalid --workers: 65; allowed: a whole number, 1 to 64"],
    [["--quick", "--scale", "small"], "--quick and --scale are both given"],
    [["--scale", "large"], "--scale large is of world only"],
    [["--sed", "1"], "known: --scale, --seed, --repetitions"],
    [["--out"], "--out"],
  ])("refuses %j with exit code 2, the value and what is allowed", (words, fault) => {
    const { status, stdout, stderr } = bench(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(fault);
    expect(readdirSync(folder)).toEqual([]);
  });
  it("prints its help", () => {
    expect(bench("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("two-tower") as string });
  });
  it("says in one line that there is no build, and leaves nothing behind", () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(root, "bench/run.mjs"), "world", "--out", folder],
      {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, STAGECRAFT_DIST: path.join(folder, "none") },
      },
    );
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([expect.stringContaining("run npm run build")]);
    expect(readdirSync(folder)).toEqual([]);
  });
  it.runIf(existsSync(path.join(root, "dist/world/index.js")))(
    "prints one JSON document whose numbers stand in the result folder too",
    { timeout: 120_000 },
    () => {
      const { status, stdout, stderr } = bench(
        "world",
        "--scale",
        "smoke",
        "--repetitions",
        "1",
        "--workers",
        "1",
        "--no-peers",
        "--json",
        "--out",
        folder,
      );
      expect({ status, stderr }).toMatchObject({ status: 0 });
      const record = JSON.parse(stdout) as {
        id: string;
        seed: number;
        machine: { cores: number };
        benches: { world: { measured: Measured[]; ratios: Ratio[]; tables: { rows: string[][] }[]; notes: string[] } };
      };
      const { measured, ratios, tables, notes } = record.benches.world;
      expect(record.seed).toBe(42);
      expect(record.machine.cores).toBeGreaterThan(0);
      expect(measured.map(({ name }) => name)).toEqual([
        "world alone",
        "uniform",
        "uniform, Parquet",
        "logging, Parquet",
      ]);
      for (const { work, rate, samples } of measured) {
        expect(samples).toHaveLength(1);
        expect(rate.median).toBeCloseTo(work / samples[0]!.seconds, 6);
      }
      expect(measured[0]?.work).toBe(measured[1]?.work); // the same world, the same pages: the same impressions
      expect(measured[2]?.work).toBe(measured[0]?.work);
      expect(ratios.length).toBeGreaterThan(0);
      expect(tables[0]?.rows.map(([name]) => name)).toEqual(["", "a user", "a video"]);
      expect(tables[1]?.rows.map(([name]) => name)).toEqual(["", "base", "users × 4", "videos × 10", "days × 3"]);
      expect(notes.filter((note) => note.startsWith("no peer"))).toEqual([
        "no peer obp: --no-peers",
        "no peer recsim: --no-peers",
      ]);
      const dir = path.join(folder, "bench", record.id);
      expect(readdirSync(dir).sort()).toEqual(["bench.json", "bench.txt", "manifest.json", "run.json"]);
      expect(JSON.parse(readFileSync(path.join(dir, "bench.json"), "utf8"))).toEqual(record);
    },
  );
});
