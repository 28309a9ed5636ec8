import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "../../src/commands/program.js";
import type { Answer } from "../../src/commands/run.js";
import { UsageError } from "../../src/commands/options.js";
import { reportHtml } from "../../src/lab/report.js";
import { openDatabase } from "../../src/log/index.js";
import type { MonitorReport } from "../../src/monitoring/index.js";
import { hash32, normal, uniform } from "../../src/random.js";

const dir = mkdtempSync(join(tmpdir(), "monitor-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function monitored(...words: readonly string[]): Promise<Answer & { readonly json: MonitorReport }> {
  const found: Answer[] = [];
  const typed = program(async (_verb, _json, run) => void found.push(await run({})));
  for (const command of typed.commands) command.configureOutput({ writeErr: () => undefined });
  await typed.parseAsync(["monitor", ...words], { from: "user" });
  return found[0]! as Answer & { readonly json: MonitorReport };
}

interface Row {
  readonly id: number;
  day: string;
  user: string;
  x: number | "";
  y: number | "";
  colour: string;
  p: number;
  label: number | "";
}
/** Twenty days of a model's rows from `from` on; `change` edits each. */
function file(name: string, from: number, change: (row: Row, index: number) => Row | undefined = (row) => row): string {
  const rows = Array.from({ length: 2000 }, (_, index) => {
    const id = from * 1000 + index;
    const at = new Date(Date.UTC(2026, 0, 1 + from) + index * 864_000); // 100 rows a day
    const x = normal(1, id);
    const p = 1 / (1 + Math.exp(-x));
    return change(
      {
        id,
        day: at.toISOString().slice(0, 19),
        user: `u${hash32(2, id) % 150}`,
        x: Number(x.toFixed(4)),
        y: Number(normal(3, id).toFixed(4)),
        colour: ["red", "green", "blue"][hash32(4, id) % 3]!,
        p: Number(p.toFixed(4)),
        label: Number(uniform(5, id) < p),
      },
      index,
    );
  }).filter((row) => row !== undefined);
  const path = join(dir, `${name}.csv`);
  const names = Object.keys(rows[0] ?? { id: 0 });
  const lines = rows.map((row) => names.map((field) => row[field as keyof Row]).join(","));
  writeFileSync(path, `${[names.join(","), ...lines].join("\n")}\n`);
  return path;
}
const before = file("before", 0);
const roles = ["--time", "day", "--label", "label", "--probability", "p"];
const states = ({ json }: { json: MonitorReport }, part = 0): Record<string, string> =>
  Object.fromEntries(json.parts[part]!.drift.map(({ feature, state }) => [feature, state]));
const quality = ({ json }: { json: MonitorReport }): string[] =>
  json.quality.map(({ kind, column }) => `${kind} ${column}`.trim());

describe("monitor", () => {
  it("is silent about two windows of one world, leaves ids out, and says what it compared", async () => {
    const found = await monitored(before, file("quiet", 20), ...roles, "--unit", "user");
    expect(states(found)).toEqual({ x: "quiet", y: "quiet", colour: "quiet", p: "quiet" });
    expect(quality(found)).toEqual([]);
    expect(found.json.left).toEqual([{ column: "id", why: "an id: every row has its own" }]);
    expect(found.text).toMatch(/No drift in 4 columns \(2,000 rows against 2,000\)/);
    const { estimated, realised } = found.json.parts[0]!;
    expect(Math.abs(estimated!.auc - realised!.auc)).toBeLessThan(0.03);
  });

  it("names the column and the part from which it moved; the report can be sent", async () => {
    const moved = file("moved", 20, (row, index) => ({ ...row, y: Number(row.y) + (index < 1000 ? 0 : 1) }));
    const found = await monitored(before, moved, ...roles, "--parts", "4");
    expect(found.json.parts.map((_, part) => states(found, part)["y"])).toEqual(["quiet", "quiet", "drift", "drift"]);
    expect(found.text).toMatch(/Drift in 1 of 5 columns: y from part 3 on/);
    expect(reportHtml(found.report!)).toContain("Estimated from the calibrated probabilities");
    expect(Object.keys(found.tables!)).toEqual(["drift", "performance"]);
  });

  it("answers each kind of bad window clearly", async () => {
    const column = (name: string, edit: (row: Row, index: number) => Row | undefined) =>
      monitored(before, file(name, 20, edit), ...roles);
    expect(quality(await column("constant", (row) => ({ ...row, y: 3 })))).toEqual(["constant y"]);
    expect(quality(await column("nulls", (row, i) => ({ ...row, x: i % 5 === 0 ? "" : row.x })))).toEqual(["nulls x"]);
    expect(quality(await column("new", (row, i) => ({ ...row, colour: i % 9 === 0 ? "mauve" : row.colour })))).toEqual([
      "new values colour",
    ]);
    expect(quality(await column("type", (row, i) => ({ ...row, colour: String(i) })))).toEqual(["type colour"]);
    expect(quality(await column("hole", (row, i) => (i >= 700 && i < 900 ? undefined : row)))).toEqual(["missing day"]);
    expect(quality(await column("gap", (row, i) => (i >= 710 && i < 760 ? undefined : row)))).toContain("gap");
    expect(quality(await column("late", (row, i) => ({ ...row, label: i < 1500 ? row.label : "" })))).toEqual([
      "labels",
    ]);
    const schema = await column("schema", ({ y, ...row }) => ({ ...row, z: y }) as unknown as Row);
    expect(quality(schema)).toEqual(["column gone y", "column new z"]);
  });

  it("watches daily means by segment, and says which day left its band or passed a guardrail", async () => {
    const fallen = file("fallen", 20, (row, i) => ({ ...row, y: i >= 1000 && row.colour === "red" ? -3 : row.y }));
    const words = ["--time", "day", "--stratum", "colour", "--metrics", "y,p", "--guardrails", "p>=0.9"];
    const { json, text, report } = await monitored(before, fallen, ...words);
    const of = (metric: string) => json.health.filter((one) => one.metric === metric && one.alert !== "");
    const alerted = of("y").filter(({ segment }) => segment !== "red");
    expect(alerted.every(({ segment, day }) => segment === "" && day >= 20_484)).toBe(true);
    // every day of enough rows from the eleventh on, and none before
    const red = json.health.filter(({ metric, segment }) => metric === "y" && segment === "red");
    expect(red).toHaveLength(20);
    for (const { day, rows, alert } of red) expect(alert !== "").toBe(day >= 20_484 && rows >= 30);
    expect(of("p")[0]!.alert).toMatch(/the guardrail is at least 0.9/);
    expect(text).toMatch(/Health, y: -?[\d.]+ on 2026-01-31; usual for the day of the week/);
    expect(report!.sections.find(({ id }) => id === "health")!.figures).toHaveLength(2);
    await expect(monitored(before, fallen, "--metrics", "y")).rejects.toThrow(/needed: the column of the time/);
    await expect(monitored(before, fallen, "--time", "day", "--metrics", "colour")).rejects.toThrow(/is no number/);
  });

  it("joins labels of a file of their own", async () => {
    const labels = join(dir, "labels.csv");
    const current = file("unlabelled", 20, ({ label: _, ...row }) => row as Row);
    writeFileSync(labels, `id,label\n${Array.from({ length: 500 }, (_, i) => `${20_000 + i},${i % 2}`).join("\n")}\n`);
    const { json } = await monitored(before, current, ...roles, "--labels", labels, "--id", "id");
    expect(json.parts[0]!.realised!.rows).toBe(500);
    expect(json.parts[0]!.kept!.current.kept).toBe(0.5);
  });

  it("compares days of one Parquet file", async () => {
    const path = join(dir, "days.parquet");
    const database = await openDatabase();
    await database.exec(
      `COPY (SELECT (i // 500)::SMALLINT AS day, (hash(i) % 1000 / 1000.0 + CASE WHEN i >= 5000 THEN 0.5 ELSE 0 END)::FLOAT AS x,
       TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE AS updated, i % 2 = 0 AS even FROM range(10000) r(i)) TO '${path}' (FORMAT parquet)`,
    );
    database.close();
    const found = await monitored(path, path, "--time", "day", "--reference-days", "0..9", "--current-days", "10..19");
    expect(states(found)).toEqual({ x: "drift", even: "quiet" });
    expect(found.json.reference.rows).toBe(5000);
    await expect(monitored(path, path, "--time", "day", "--current-days", "30..40")).rejects.toThrow(
      /the current window is empty: .* has no row within its days/,
    );
  });

  it.each([
    [["--time", "when"], /unknown column: when in .*before.csv; known: id, day, user/],
    [["--time", "colour"], /column colour of .* is VARCHAR; allowed as a time: dates, timestamps/],
    [["--unit", "person"], /unknown column: person; known: id, day/],
    [["--probability", "x"], /column x of the reference window is -?\d.* in a row; allowed: from 0 to 1/],
    [
      ["--probability", "p", "--label", "y"],
      /column y of the reference window is .* in a row; allowed: 0, 1, or empty/,
    ],
    [["--current-days", "0..3"], /--current-days: 0..3; it is allowed together with --time/],
    [["--parts", "20"], /fewer/],
    [["--labels", before], /--labels: it and --id are given without the other/],
  ])("%j", async (words, fault) => {
    const found = await monitored(before, before, ...words).catch((error: unknown) => error);
    if (words[0] === "--parts") return expect((found as Answer).text).toMatch(/fewer rows than are needed/);
    expect(found).toBeInstanceOf(UsageError);
    expect((found as Error).message).toMatch(fault);
  });

  it("says that a file has no rows, or is not there", async () => {
    const empty = join(dir, "empty.csv");
    writeFileSync(empty, "id,x\n");
    await expect(monitored(before, empty)).rejects.toThrow(/empty.csv is empty: no rows below the header/);
    await expect(monitored(before, join(dir, "none.csv"))).rejects.toThrow(/no data at .*none.csv: it does not exist/);
  });
});
