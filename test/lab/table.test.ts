import { describe, expect, test } from "vitest";
import { table, tableHtml, tableText } from "../../src/lab/table.js";
import { show } from "../../src/lab/show.js";
import { figures } from "../../src/lab/index.js";

const records = [
  { policy: "random", minutes: { estimate: 3.12, low: 3, high: 3.2 }, ctr: 0.121, users: 1500 },
  { policy: "<learned>", minutes: { estimate: 6.7, low: 6.5, high: 6.9 }, ctr: 0.2, users: 1500 },
];

describe("table", () => {
  test("aligns text, numbers to the right", () => {
    const text = tableText(
      table(records, {
        columns: [
          "policy",
          { key: "minutes", label: "watch minutes" },
          { key: "ctr", label: "CTR", format: "percent" },
          "users",
        ],
      }),
    );
    expect(text.split("\n")).toEqual([
      "policy         watch minutes     CTR  users",
      "─────────  ─────────────────  ──────  ─────",
      "random     3.12 [3.00, 3.20]  12.1 %  1,500",
      "<learned>  6.70 [6.50, 6.90]  20.0 %  1,500",
    ]);
  });

  test("is HTML in which names are text", () => {
    const html = tableHtml(table(records, { caption: "a & b" }));
    expect(html).toContain("<caption>a &#38; b</caption>");
    expect(html).toContain("&#60;learned&#62;");
    expect(html).not.toContain("<learned>");
    expect(html.match(/<tr>/g)).toHaveLength(3);
  });

  test("writes what is missing as nothing and formats as asked", () => {
    const made = table(
      [
        { a: null, b: 1400, c: 1.5, d: true },
        { b: 10, c: NaN, d: false },
      ],
      {
        columns: [
          "a",
          { key: "b", format: "bytes" },
          { key: "c", format: "milliseconds" },
          { key: "d" },
          { key: "b", label: "own", format: (value) => `#${String(value)}` },
        ],
      },
    );
    expect(made.rows).toEqual([
      ["", "1.4 kB", "1.50 ms", "yes", "#1400"],
      ["", "10 B", "–", "no", "#10"],
    ]);
  });

  test("names the columns there are when one is unknown", () => {
    expect(() => table(records, { columns: ["polcy"] })).toThrow(
      "unknown column: polcy; known: policy, minutes, ctr, users",
    );
  });
});

describe("show", () => {
  const written = (what: Parameters<typeof show>[0], rows?: number): string => {
    let text = "";
    show(what, { write: (part) => (text += part), rows });
    return text;
  };

  test("prints tables and records as text, and counts the rows it leaves out", () => {
    expect(written(records)).toContain("random");
    expect(written(table(records), 1)).toContain("… and 1 more rows");
    expect(written(table(records), 1)).not.toContain("<learned>");
  });

  test("says in a terminal what a figure shows", () => {
    const figure = figures.funnelStages({
      stages: [
        { name: "catalogue", count: 100 },
        { name: "page", count: 6 },
      ],
    });
    expect(written(figure)).toBe("[figure: Of 100 videos the funnel shows 6]\n");
  });

  test("refuses what it cannot show", () => {
    expect(() => show(5 as unknown as [])).toThrow("cannot show number; allowed: a figure");
    expect(() => show(null as unknown as [])).toThrow("cannot show null");
  });

  test("shows a cell with line ends and escape sequences in one harmless line", () => {
    expect(tableText(table([{ "a\nb": "x\x1b[2Jy\n\tz" }])).split("\n")).toEqual([
      "a b",
      "──────────────",
      "x\\u001b[2Jy  z",
    ]);
  });
});
