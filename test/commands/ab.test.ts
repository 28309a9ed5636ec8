import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "../../src/commands/program.js";
import type { Answer } from "../../src/commands/run.js";
import type { Scorecard } from "../../src/evaluation/index.js";
import { openDatabase } from "../../src/log/index.js";
import { normal } from "../../src/random.js";

const dir = mkdtempSync(join(tmpdir(), "stagecraft-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const users = join(dir, "users.csv");
const rows = Array.from({ length: 1_200 }, (_, u) => {
  const treated = u % 2 === 1;
  const before = 6 + 2 * normal(1, u);
  const watch = before + normal(2, u) + (treated ? 0.5 : 0);
  return [`u${u}`, treated ? "b" : "a", watch, before, u % 7, 10 + (u % 3), 1 + 0.1 * normal(8, u)].join(",");
});
writeFileSync(users, `user,arm,watch,before,clicks,views,hides\n${rows.join("\n")}\n`);

/** The answer of `stagecraft ab …`. */
async function answerOf(...words: readonly string[]): Promise<Answer> {
  const found: Answer[] = [];
  const typed = program(async (_verb, _json, run) => void found.push(await run({})));
  for (const command of [typed, ...typed.commands, ...typed.commands.flatMap(({ commands }) => commands)])
    command.configureOutput({ writeErr: () => undefined }).exitOverride();
  await typed.parseAsync(["ab", ...words], { from: "user" });
  return found[0]!;
}
const score = (...words: readonly string[]): Promise<Answer> => answerOf("score", users, "--control", "a", ...words);

interface Card {
  readonly decision: string;
  readonly sentences: readonly string[];
  readonly open: readonly string[];
  readonly metrics: readonly { readonly verdict: string; readonly guardrail?: string; readonly kept: number }[];
}
const cardOf = ({ json }: Answer): Card => (json as { scorecards: Card[] }).scorecards[0]!;

describe("ab score", () => {
  it("decides by the first metric, with CUPED, a ratio and a guardrail; its report can be sent", async () => {
    const found = await score(
      ...["--metric", "watch", "--metric", "ctr=clicks/views", "--metric", "hides", "--lower", "hides"],
      ...["--guardrail", "hides=5", "--covariate", "watch=before"],
    );
    const card = cardOf(found);
    expect(card.decision).toBe("ship");
    expect(card.sentences[0]).toMatch(/^Ship b: it changes watch by [5-9]\.\d % \(/);
    expect(card.metrics.map(({ verdict }) => verdict)).toEqual(["better", "undecided", "undecided"]);
    expect(card.metrics[2]!.guardrail).toBe("passed");
    expect(card.metrics[0]!.kept).toBeLessThan(0.35); // 1 − r² of the made data is about .2
    expect(found.report!.sections[0]!.figures).toHaveLength(1);
    expect(found.text).toContain("p of the sample ratio");
  });

  it("says undecided, with how many users half the effect needs, and broken where the split is not as planned", async () => {
    const undecided = cardOf(await score("--metric", "ctr=clicks/views"));
    expect(undecided.decision).toBe("undecided");
    expect(undecided.open[0]).toMatch(/four times in five; for half of it 4,800 are needed/);
    const broken = cardOf(await score("--metric", "watch", "--shares", "90,10"));
    expect(broken.decision).toBe("broken");
    expect(broken.sentences[0]).toMatch(/^Do not decide: .*sample ratio mismatch, p < 0\.0001/);
  });

  it("gives wider intervals to those who look every day", async () => {
    const width = (found: Answer): number => {
      const { low, high } = (cardOf(found).metrics[0] as unknown as { difference: { low: number; high: number } })
        .difference;
      return high - low;
    };
    const [once, daily] = [await score("--metric", "watch"), await score("--metric", "watch", "--tuned-for", "1200")];
    expect(width(daily) / width(once)).toBeGreaterThan(1.4);
    expect(width(daily) / width(once)).toBeLessThan(1.7);
  });

  it.each([
    [["--metric", "nosuch"], "unknown column: nosuch in users.csv; known: user, arm, watch"],
    [["--metric", "user"], 'column user is "u0" in row 1; allowed: numbers'],
    [["--metric", "watch", "--metric", "watch"], "invalid --metric: watch is given twice"],
    [["--metric", "watch", "--lower", "hides"], "invalid --lower: unknown metric hides; known: watch"],
    [
      ["--metric", "watch", "--guardrail", "watch"],
      "invalid --guardrail: watch; allowed: a metric's name, =, and a value",
    ],
    [["--metric", "watch", "--covariate", "watch=user0"], "unknown column: user0"],
    [["--metric", "rate=watch/zero"], "unknown column: zero"],
    [["--metric", "watch", "--guardrail", "watch=-3"], "invalid --guardrail: -3; allowed: a number above"],
    [["--metric", "watch", "--shares", "1"], "invalid --shares: 1; allowed: two numbers"],
    [["--metric", "watch", "--level", "1"], "invalid --level: 1; allowed: a number above 0 and below 1"],
    [["--metric", "watch", "--winsorise", "x"], "invalid --winsorise: x; allowed"],
    [["--metric", "watch=/"], "invalid --metric: watch=/; allowed: NAME"],
    [["--metric", "watch", "--arm", "user"], "invalid --arm: user is the column of users; allowed: another one"],
  ] as const)("refuses %j", async (words, fault) => {
    await expect(score(...words)).rejects.toThrow(fault);
  });

  it.each([
    ["u1,a,1\nu1,a,2\n", "user u1 has two rows, the second is 2; allowed: one row per user"],
    ["u1,a,1\nu1,b,2\n", "user u1 is in two arms, a and b; allowed: one arm for each user"],
    ["u1,a,1\nu2,,2\n", "row 2 has no arm; allowed: one row per user, with its arm"],
    ["u1,a,1\nu2,a,2\n", "has one arm, a; allowed: the control and at least one more"],
    ["u1,a,1\nu2,a,2\nu3,b,2\n", "treatment has 1 users; a standard error needs at least 2"],
    [
      "u1,a,1\nu2,a,2\nu3,b,2\nu4,b,3\n",
      "metric watch: the covariate is 5 for everybody; it must vary, or be left out",
    ],
    ["u1,a,\nu2,b,2\n", 'column watch is "" in row 1; allowed: numbers'],
  ])("refuses a table that is none of users (%#)", async (text, fault) => {
    const path = join(dir, "bad.csv");
    writeFileSync(path, `user,arm,watch,five\n${text.replaceAll(/(.)\n/g, "$1,5\n")}`);
    const words = ["--control", "a", "--metric", "watch", "--covariate", "watch=five"];
    await expect(answerOf("score", path, ...words)).rejects.toThrow(fault);
    expect(existsSync(path) && readFileSync(path, "utf8").length > 0).toBe(true);
  });
});

/** Users by day: exposed on one of two days; the effect of b is 2 on the first day since and fades by .5 a day. */
const byDay = join(dir, "days.csv");
const dayRows = Array.from({ length: 400 }, (_, u) => {
  const exposed = 5 + (u % 4 < 2 ? 0 : 1);
  return Array.from({ length: 9 - exposed + 4 }, (_, i) => {
    const day = exposed - 3 + i;
    const effect = u % 2 === 1 && day >= exposed ? 2 - 0.5 * (day - exposed) : 0;
    const watch = 5 + 2 * normal(11, u) + normal(12, u, day) + effect;
    const cells = [
      `u${u}`,
      u % 2 === 1 ? "b" : "a",
      `2026-03-${String(day).padStart(2, "0")}`,
      `2026-03-0${exposed}T08:00:00`,
    ];
    return [...cells, watch, u % 3 === 0 ? "new" : "old", u % 2 === 1 ? "yes" : "no"].join(",");
  });
}).flat();
writeFileSync(byDay, `user,arm,day,from,watch,kind,used\n${dayRows.join("\n")}\n`);
const scoreDays = (...words: readonly string[]): Promise<Answer> =>
  answerOf("score", byDay, "--control", "a", "--metric", "watch", "--date", "day", ...words);

describe("ab score of users by day", () => {
  it("tells whether the effect lasts, by segment, at each look, with the days before as covariate", async () => {
    const found = await scoreDays("--exposed", "from", "--pre-period", "--segment", "kind", "--tuned-for", "400");
    const card = cardOf(found) as unknown as Scorecard;
    expect(card.decision).toBe("ship");
    expect(card.metrics[0]!.kept).toBeLessThan(0.5);
    expect(card.novelty!.verdict).toBe("fades");
    expect(card.novelty!.trend.low).toBeLessThan(-0.5);
    expect(card.novelty!.trend.high).toBeGreaterThan(-0.5);
    expect(card.novelty!.days.map(({ users: there }) => there)).toEqual([400, 400, 400, 400, 200]);
    expect(card.looks!.map(({ users: [a, b] }) => a + b)).toEqual([200, 400]);
    expect(card.splitByDay).toBe(1);
    expect(card.segments["kind"]!.segments.map(({ segment }) => segment)).toEqual(["new", "old"]);
    expect(card.sentences).toContainEqual(expect.stringMatching(/^The effect on watch fades with days since exposure/));
    expect(card.open).toContainEqual(expect.stringMatching(/^Whether the effect differs by kind/));
    expect(Object.keys(found.tables!)).toEqual(["scorecard-1", "checks-1", "looks-1", "novelty-1", "segments-1-1"]);
  });

  it.each([
    [["--exposed", "from"], "row 1 is of 2026-03-02, before user u0's exposure on 2026-03-05T08:00:00; allowed"],
    [
      ["--exposed", "from", "--pre-period", "--segment", "used"],
      "segment used: segments have other shares in treatment",
    ],
    [["--exposed", "from", "--pre-period", "--segment", "kind@watch"], 'column watch is "'],
    [["--pre-period"], "invalid --pre-period: --date or --exposed is not given; allowed: with both"],
    [["--segment", "@day"], "invalid --segment: @day; allowed: COLUMN or COLUMN@COLUMN"],
    [["--exposed", "kind", "--pre-period"], 'column kind is "new" in row 1; allowed: dates like 2026-01-31'],
    [["--segment", "day"], 'column day is "2026-03-02" and "2026-03-03" for one user, in rows 1 and 2'],
  ] as const)("refuses %j", async (words, fault) => {
    await expect(scoreDays(...words)).rejects.toThrow(fault);
  });

  it.each([
    ["u1,a,1,1,1\nu1,a,1,1,2\n", "user u1 has two rows of 1; allowed: one row per user and day"],
    ["u1,a,1,1,1\nu1,a,2,2,2\n", "user u1 has two dates of exposure, the second in row 2"],
    ["u1,a,1,1,1\nu1,b,2,1,2\n", "user u1 is in two arms, a and b"],
    ["u1,a,2026-02-30,1,1\n", 'column day is "2026-02-30" in row 1; allowed: dates like'],
    ["u1,a,1,,1\n", 'column from is "" in row 1; allowed: dates like'],
    ["u1,a,1,1,NaN\n", 'column watch is "" in row 1; allowed: numbers'],
  ])("refuses a table that is none of users by day (%#)", async (text, fault) => {
    const path = join(dir, "bad-days.csv");
    writeFileSync(path, `user,arm,day,from,watch\n${text}`);
    const words = ["--control", "a", "--metric", "watch", "--date", "day", "--exposed", "from"];
    await expect(answerOf("score", path, ...words)).rejects.toThrow(fault);
  });

  it("reads Parquet with dates and timestamps as it reads text", async () => {
    const path = join(dir, "days.parquet");
    const database = await openDatabase();
    await database.exec(`COPY (SELECT * FROM read_csv('${byDay}')) TO '${path}' (FORMAT parquet)`);
    database.close();
    const words = ["--control", "a", "--metric", "watch", "--date", "day", "--exposed", "from", "--pre-period"];
    const [text, parquet] = [await answerOf("score", byDay, ...words), await answerOf("score", path, ...words)];
    expect(parquet.json["scorecards"]).toEqual(text.json["scorecards"]);
  });

  it("has no trend where nobody has seen a second day", async () => {
    const path = join(dir, "one-day.csv");
    writeFileSync(path, "user,arm,day,from,watch\nu1,a,1,1,1\nu2,a,1,1,2\nu3,b,1,1,1\nu4,b,1,1,3\n");
    const words = ["--control", "a", "--metric", "watch", "--date", "day", "--exposed", "from"];
    expect(cardOf(await answerOf("score", path, ...words))).not.toHaveProperty("novelty");
  });

  it("refuses a segment that was measured after exposure", async () => {
    const path = join(dir, "late.csv");
    writeFileSync(
      path,
      "user,arm,from,watch,kind,known\nu1,a,2026-01-02,1,x,2026-01-01\nu2,b,2026-01-02,1,y,2026-01-03\n",
    );
    const words = ["--control", "a", "--metric", "watch", "--exposed", "from", "--segment", "kind@known"];
    await expect(answerOf("score", path, ...words)).rejects.toThrow(
      "segment kind was measured after exposure in row 2; allowed: what was known before",
    );
  });
});

it("keeps names of arms out of names of files", async () => {
  const path = join(dir, "arms.csv");
  writeFileSync(path, "user,arm,watch\nu1,a,1\nu2,a,2\nu3,../../b,2\nu4,../../b,4\nu5,c/d,2\nu6,c/d,5\n");
  const found = await answerOf("score", path, "--control", "a", "--metric", "watch");
  expect(Object.keys(found.tables!)).toEqual(["scorecard-1", "checks-1", "scorecard-2", "checks-2"]);
  expect(found.text).toContain("../../b (2 users) against a (2)");
});

it("names the arms where there is no such control", async () => {
  const asked = answerOf("score", users, "--control", "c", "--metric", "watch");
  await expect(asked).rejects.toThrow("invalid --control: no row is in c; arms there: a, b");
});

describe("ab plan", () => {
  it("tells users, days and power", async () => {
    const { json, text } = await answerOf(
      ...["plan", "--mean", "6", "--deviation", "4.5", "--lift", "2", "--daily", "1500"],
    );
    expect(json["users"]).toBe(44_150); // 4 · (1.95996 + .84162)² · 4.5² / .12²
    expect(text).toContain("A lift of 2.0 % needs 44,150 users, 30 days");
  });

  it.each([
    [["--mean", "0", "--deviation", "1", "--lift", "2"], "invalid --mean: 0; allowed: another number"],
    [["--mean", "6", "--deviation", "-1", "--lift", "2"], "invalid --deviation: -1; allowed: a number above 0"],
    [["--mean", "6", "--deviation", "1"], "neither --lift nor --users nor --daily is given"],
    [
      ["--mean", "6", "--deviation", "1", "--lift", "2", "--share", "1"],
      "invalid --share: 1; allowed: a number above 0 and below 1",
    ],
  ] as const)("refuses %j", async (words, fault) => {
    await expect(answerOf("plan", ...words)).rejects.toThrow(fault);
  });
});
