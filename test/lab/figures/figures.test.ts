import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { PairedLead } from "../../../src/evaluation/index.js";
import { titleOf, type Figure } from "../../../src/lab/figure.js";
import * as figures from "../../../src/lab/figures/index.js";
import { samples } from "./samples.js";

const columns = ["x", "y", "z", "text", "customdata"] as const;

describe.each(Object.entries(samples))("%s", (_, figure: Figure) => {
  test("has traces of equal lengths and finite numbers", () => {
    expect(figure.data.length).toBeGreaterThan(0);
    for (const trace of figure.data) {
      const y = trace["y"] as readonly unknown[];
      expect(y.length).toBeGreaterThan(0);
      const length = trace["type"] === "heatmap" ? undefined : y.length;
      for (const name of columns) {
        const column = trace[name] as readonly unknown[] | undefined;
        if (column === undefined) continue;
        if (length !== undefined) expect([name, column.length]).toEqual([name, length]);
        for (const value of column.flat())
          if (typeof value === "number") expect([name, Number.isFinite(value)]).toEqual([name, true]);
      }
    }
  });

  test("says what is seen and in which unit, with a height", () => {
    expect(titleOf(figure).length).toBeGreaterThan(10);
    expect(figure.layout["height"]).toBeGreaterThan(150);
    const axes = Object.entries(figure.layout).filter(([key]) => /^[xy]axis/.test(key));
    const titles = axes.map(([, axis]) => (axis as { title?: { text?: string } }).title?.text ?? "");
    expect(titles.some((title) => title.length > 2)).toBe(true);
  });

  test("has ranges that hold all of its points", () => {
    for (const trace of figure.data) {
      if (trace["type"] === "bar" || trace["type"] === "heatmap") continue;
      for (const side of ["x", "y"] as const) {
        const name = (trace[`${side}axis`] as string | undefined) ?? side;
        const axis = figure.layout[`${side}axis${name.slice(1)}`] as
          { range?: readonly [number, number]; type?: string } | undefined;
        if (axis?.range === undefined || axis.type === "log") continue;
        for (const value of trace[side] as readonly unknown[]) {
          if (typeof value !== "number") continue;
          expect(value).toBeGreaterThanOrEqual(axis.range[0]);
          expect(value).toBeLessThanOrEqual(axis.range[1]);
        }
      }
    }
  });
});

describe("figures", () => {
  test("have an example each", () => {
    const shared = new Set(["index", "lines", "parts", "theme"]);
    const files = readdirSync(new URL("../../../src/lab/figures/", import.meta.url))
      .map((file) => file.replace(/\.ts$/, ""))
      .filter((name) => !shared.has(name));
    expect(Object.keys(samples).sort()).toEqual(files.sort());
  });

  test("give a policy the same colour wherever it stands, and different policies different colours", () => {
    const names = ["random", "logging", "popularity", "learned funnel", "oracle", "CTR-only funnel"];
    const all = figures.colours(names);
    expect(new Set(all.values()).size).toBe(names.length);
    expect(figures.colours(["oracle", "popularity"]).get("popularity")).toBe(all.get("popularity"));
    expect(new Set(figures.colours(["learned a", "learned b", "learned c"]).values()).size).toBe(3);
  });

  test("write names that hold markup as text", () => {
    const figure = figures.capacityBars({ items: [{ name: "<b>disk & co", need: 1, limit: 2, unit: "GB" }] });
    expect(figure.data[0]!["y"]).toEqual(["&lt;b&gt;disk &amp; co"]);
    expect((figure.layout["title"] as { text: string }).text).toContain("&lt;b&gt;disk &amp; co");
    expect(titleOf(figure)).toContain("<b>disk & co");
  });

  test("sort features by how far they moved and count the alerts", () => {
    const figure = figures.psiBars({
      features: [
        { name: "b", psi: 0.3 },
        { name: "a", psi: 0.3 },
        { name: "c", psi: 0.9 },
        { name: "d", psi: 0 },
      ],
      most: 3,
    });
    expect(figure.data[0]!["y"]).toEqual(["c", "a", "b"]);
    expect(titleOf(figure)).toBe("3 of 4 features moved beyond 0.25; c moved most");
  });

  test("call a lead a win only where its paired interval excludes 0", () => {
    const metric = { label: "Watch time", unit: "minutes", better: "higher" } as const;
    const value = (estimate: number): figures.Estimate => ({ estimate, low: estimate - 0.5, high: estimate + 0.5 });
    const arms = ["popularity", "learned"].map((policy, i) => ({ policy, value: value(4 + 0.2 * i) }));
    const pair = (low: number): PairedLead => ({
      control: "popularity",
      treatment: "learned",
      difference: { estimate: 0.2, low, high: 0.5 },
    });
    const titles = [[], [pair(0.1)], [pair(-0.1)]].map((pairs) => titleOf(figures.arms({ metric, arms, pairs })));
    const undecided = "Watch time: undecided between learned and popularity";
    expect(titles).toEqual([undecided, "Watch time: learned does best, with 4.20 minutes", undecided]);
    const points = arms.map(({ policy, value: online }) => ({ policy, online, offline: { AUC: 0.6 } }));
    const online = [pair(0.1), pair(-0.1)].map((one) =>
      figures.offlineOnline({ points, online: metric, pairs: [one] }),
    );
    expect(online.map(titleOf)).toEqual([
      "learned wins online with 4.20 in watch time; one offline metric against it",
      "Undecided online between learned and popularity; one offline metric against it",
    ]);
  });

  test("say in words that CTR was won at the cost of return, judging hides the other way round", () => {
    const lift = (estimate: number): figures.Estimate => ({ estimate, low: estimate - 0.01, high: estimate + 0.01 });
    const figure = figures.lifts({
      control: "watch",
      treatment: "ctr",
      metrics: [
        { label: "CTR", better: "higher", lift: lift(0.2) },
        { label: "Return", better: "higher", lift: lift(-0.1) },
        { label: "Hides", better: "lower", lift: lift(0.1) },
        { label: "Revenue", better: "higher", lift: lift(NaN) },
      ],
    });
    expect(titleOf(figure)).toBe("ctr over watch: better in CTR; worse in Return, Hides");
    expect(figure.data).toHaveLength(3);
  });

  test("measure concentration: 0 for equal exposure, nearly 1 for one video, and the top share", () => {
    const equal = figures.concentration([5, 5, 5, 5]);
    expect(equal.gini).toBeCloseTo(0, 12);
    expect([...equal.x]).toEqual([0.25, 0.5, 0.75, 1]);
    expect([...equal.y]).toEqual([0.25, 0.5, 0.75, 1]);
    const one = figures.concentration(Float64Array.from({ length: 1000 }, (_, i) => (i === 7 ? 9 : 0)));
    expect(one.gini).toBeCloseTo(0.999, 12);
    expect(one.topShare).toBe(1);
    expect(() => figures.concentration([0, 0])).toThrow("sums to 0");
  });

  test("count each watched fraction once", () => {
    const figure = figures.watchFraction({
      series: [{ name: "all", fractions: [0, 0.05, 0.5, 0.999, 1, 1.7] }],
      bins: 10,
    });
    const y = figure.data[0]!["y"] as number[];
    expect(y[0]).toBeCloseTo(2 / 6, 12);
    expect(y[5]).toBeCloseTo(1 / 6, 12);
    expect(y[9]).toBeCloseTo(3 / 6, 12);
    expect(titleOf(figure)).toBe("all: 33 % of clicked videos are left within their first tenth");
  });

  test("draw both ends of every change, write them at its side, and refuse one without an end", () => {
    const rows = [
      { name: "all", from: 0.4, to: 0.5 },
      { name: "uniform", from: 0.3, to: 0.1 },
    ];
    const figure = figures.changes({
      title: "Recall with and without logQ",
      unit: "recall@100",
      from: "without",
      to: "with",
      rows,
    });
    const [, , without, with_] = figure.data;
    expect([without!["x"], with_!["x"]]).toEqual([
      [0.4, 0.3],
      [0.5, 0.1],
    ]);
    expect((figure.layout["annotations"] as { text: string }[]).map(({ text }) => text)).toEqual([
      "0.400 → <b>0.500</b>",
      "0.300 → <b>0.100</b>",
    ]);
    expect(() =>
      figures.changes({ title: "t", unit: "u", from: "a", to: "b", rows: [{ name: "all", from: NaN, to: 1 }] }),
    ).toThrow("all goes from NaN to 1; both must be finite");
  });

  test("draw the ladder through its own models only, ticks a person can read, and refuse a cost of nothing", () => {
    const point = (name: string, cost: number, onLadder = true): figures.TradeOffPoint => ({
      name,
      quality: { estimate: cost, low: NaN, high: NaN },
      cost: { estimate: cost, low: cost, high: cost },
      onLadder,
    });
    const draw = (points: readonly figures.TradeOffPoint[]): Figure =>
      figures.tradeOff({ title: "t", panels: [{ quality: "q", cost: "c", points }] });
    const figure = draw([point("simple", 1), point("mine", 3, false), point("deep", 20)]);
    expect(figure.data[0]).toMatchObject({ mode: "lines", x: [1, 20] });
    expect(figure.data.slice(1).map((trace) => trace["name"])).toEqual(["simple", "mine", "deep"]);
    expect((figure.layout["xaxis"] as { ticktext: string[] }).ticktext).toEqual(
      expect.arrayContaining(["1", "2", "5", "10", "20"]),
    );
    expect(
      (draw([point("a", 1e-3), point("b", 1e3)]).layout["xaxis"] as { ticktext: string[] }).ticktext.length,
    ).toBeLessThan(8);
    expect(() => draw([point("free", 0)])).toThrow("cost of free is 0; the axis is logarithmic, so it must be above 0");
  });

  test("give each rate of wrong labels a panel with one quality axis", () => {
    const line = (noise: number): figures.DataQualityLine => ({
      model: "m",
      noise,
      points: [0.1, 1].map((volume) => ({
        volume,
        quality: { estimate: 0.7 - noise, low: 0.6 - noise, high: 0.8 - noise },
      })),
    });
    const { layout } = figures.dataQuality({ title: "t", quality: "AUC", lines: [line(0.4), line(0)] });
    expect((layout["yaxis"] as { range: unknown }).range).toEqual((layout["yaxis2"] as { range: unknown }).range);
    expect((layout["annotations"] as { text: string }[]).map(({ text }) => text)).toEqual(
      expect.arrayContaining(["true labels", "40 % of labels wrong"]),
    );
  });

  test("refuse to be empty, name the fault and what is allowed", () => {
    expect(() => figures.arms({ metric: { label: "CTR", unit: "share", better: "higher" }, arms: [] })).toThrow(
      "arms is empty; a figure needs at least one",
    );
    expect(() => figures.funnelStages({ stages: [{ name: "rank", count: 0 }] })).toThrow(
      "count of rank is 0; it must be at least 1",
    );
    expect(() => figures.capacityBars({ items: [{ name: "disk", need: 1, limit: 0, unit: "GB" }] })).toThrow(
      "limit of disk is 0",
    );
    expect(() => figures.heat({ title: "t", rows: ["a"], columns: ["b"], values: [[1, 2]], unit: "PSI" })).toThrow(
      "row a has 2 values, there are 1 columns",
    );
    expect(() =>
      figures.segmentDots({
        metric: { label: "CTR", unit: "share" },
        segments: ["a", "b"],
        arms: [{ policy: "p", values: [undefined] }],
      }),
    ).toThrow("p has 1 values, there are 2 segments");
  });
});
