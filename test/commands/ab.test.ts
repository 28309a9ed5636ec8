import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "../../src/commands/program.js";
import type { Answer } from "../../src/commands/run.js";
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
    expect(undecided.sentences[1]).toMatch(/four times in five; for half of it 4,800 are needed/);
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
    ["u1,a,\nu2,b,2\n", 'column watch is "" in row 1; allowed: numbers'],
  ])("refuses a table that is none of users (%#)", async (text, fault) => {
    const path = join(dir, "bad.csv");
    writeFileSync(path, `user,arm,watch\n${text}`);
    await expect(answerOf("score", path, "--control", "a", "--metric", "watch")).rejects.toThrow(fault);
    expect(existsSync(path) && readFileSync(path, "utf8").length > 0).toBe(true);
  });
});

it("keeps names of arms out of names of files", async () => {
  const path = join(dir, "arms.csv");
  writeFileSync(path, "user,arm,watch\nu1,a,1\nu2,a,2\nu3,../../b,2\nu4,../../b,4\nu5,c/d,2\nu6,c/d,5\n");
  const found = await answerOf("score", path, "--control", "a", "--metric", "watch");
  expect(Object.keys(found.tables!)).toEqual(["scorecard-1", "scorecard-2"]);
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
