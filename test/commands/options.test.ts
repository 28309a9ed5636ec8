/** Every option of every verb, given badly: exit code 2, and a message that names what was typed and what is allowed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommanderError, type Option } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { UsageError } from "../../src/commands/options.js";
import { program } from "../../src/commands/program.js";

const scratch = mkdtempSync(join(tmpdir(), "options-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const csv = join(scratch, "mine.csv");
writeFileSync(csv, "u,i,t\na,x,2026-01-01\nb,y,2026-01-02\na,y,2026-01-03\n");

/** What no option with a value takes: nothing, and an option in its place. */
const always = ["", "--json"];
const notInteger = [
  "-1",
  "1.5",
  "1e3",
  "0x10",
  "NaN",
  "Infinity",
  "seven",
  "null",
  "__proto__",
  "٣",
  "７",
  " 7",
  "1 000",
];
const tooLarge = "9007199254740993";
const noName = ["nosuch", "TINY", "__proto__", "constructor", "имя"];
const noNumber = ["four", "NaN", "1e999", "0x4", "4,5", "٤", "__proto__"];
const integer = [...notInteger, tooLarge];

/** Bad values by option, and by what an option's placeholder says it takes. */
const bad: Readonly<Record<string, readonly string[]>> = {
  "<integer>": integer,
  "<scale>": noName,
  "<protocol>": noName,
  "<folder>": [],
  "--out": [csv, join(csv, "below")],
  "<file>": [],
  "<column>": [],
  "<ids>": [",", "a,,b"],
  "<columns>": [",", "a,,b"],
  "<bounds>": ["click", "click>5", "x>=1", "click>=", ",", "click<=five"],
  "<from..to>": ["yesterday", "3", "5..3", "1..2..3", "2026-02-31..2026-03-01", "2026-1-1..2026-1-2", "-1..2", "٣..٤"],
  "<names>": [...noName, "als,", ",als", "popularity, ,als"],
  "--workers": [...integer, "0", "65"],
  "--port": [...integer, "65536"],
  "--top": [...integer, "0", "10001"],
  "<mode>": noName,
  "--rate": [...integer, "0"],
  "--model-threads": [...integer, "65"],
  "--redis": ["x", "http://x.org", "redis://", "redis://a b"],
  "<address>": [],
  "<level>": noName,
  "--k": [...integer, "0"],
  "--parts": [...integer, "0", "1001"],
  "--effect": [...noNumber, "0", "-1"],
  "--alpha": [...noNumber, "0", "1"],
  "--k-core": [...integer, "0"],
  "--splits": [...integer, "0", "1000000"],
  "--worlds": [...integer, "0", "4", "1001"],
  "--users": [...integer, "0", "23", "99999999"],
  "--days": [...integer, "0", "366"],
  "--latency": ["20", "20x", "0ms", "fast", "-5ms", "1e9s", "٢٠ms", "__proto__"],
  "--device": ["phone", "Offline", "__proto__"],
  "--videos": ["-1", "10", "1e99", "many", "0x10", "1e9x", "__proto__"],
  "--history": ["never", "-1d", "90 days", "1e9d", "__proto__"],
  "--newcomers": ["1.1", "-0.1", "half", "50%", "2x", "__proto__"],
  "--traffic": ["0x", "-10x", "10 x", "lots", "1e99", "__proto__"],
  "--money": ["0x", "$5", "-1", "cheap", "__proto__"],
  "--measure": noName,
  "--retrain": noName,
  "--study": noName,
  "--replications": [...integer, "1", "1001"],
  "--lucks": [...integer, "1", "1001"],
  "--markets": [...integer, "0", "1", "101"],
  "--seeds": [...integer.filter((text) => text !== " 7"), "0", "1001", "1,1", "1,", "1,x", "1;2"],
  "--world": [
    ...["users", "=3", "users=", "users=many", "users=NaN", "users=1e999", "users=-1", "users=1.5", "users=null"],
    ...['users="5"', "users=[5]", "users={}", "users=٣", "__proto__=1", "constructor=1", "colour=1", "Users=100"],
    ...["tasteStrength=-3", "drift=3", 'drift=[{"day":1}]', "users=100000000000"],
  ],
  "--map": ["user", "=uid", "user=", "colour=uid", "__proto__=uid", "User=uid", "user=uid"],
  "--layout": noName,
  "--system": noName,
  "--logger": noName,
  "--models": [...noName, "als,"],
  "--volumes": [...noNumber.filter((text) => text !== "4,5"), "-0.1", "2", "0.5,", "0.5;1", "0", "1,1"],
  "--noise": [...noNumber.filter((text) => text !== "4,5"), "-0.1", "2", "0.5,", "0.1,0.1"],
  "--name": ["../up", "Upper", "a b", "-a", "имя", "a".repeat(65), "a/b", "__proto__"],
  "<YYYY-MM-DD>": [
    ...["today", "2026-02-31", "2026-13-01", "2026-00-10", "26-1-1", "2026-1-1", "٢٠٢٦-٠١-٠١", "2026-02-03T04:05"],
  ],
  "--file": ["no-such.txt", "."],
  "--url": ["x", "ftp://x.org", "javascript:alert(1)", "https://", "https://a b"],
  "--positive-from": noNumber,
  "--separator": ['"', "\n"],
  "--encoding": ["utf-99", "__proto__", "кои"],
  "--zone": ["Europe/Nowhere", "__proto__", "25", "Берлин"],
  "--time-format": ["%Q", "yesterday", "__proto__", "constructor", "%"],
  "--requests": [...integer, "0"],
  "--change": [
    "candidates",
    "[]",
    "null",
    "7",
    '{"colour":1}',
    '{"__proto__":1}',
    '{"candidates":-1}',
    '{"freshBy":"x"}',
  ],
  "--to": ["lists", "lists.txt", ".csv.exe", "lists.CSV"],
};

/** What a verb needs beside the option. `map` of an import is what its test gives. */
function base(verb: string, option: Option): string[] {
  const own = ["--data", csv];
  const needsData = ["--models", "--model", "--split", "--k", "--test-from", "--per-user"].includes(option.long!);
  if (verb === "score") return [csv, ...(option.long === "--data" ? [] : own)];
  if (verb === "recommend") return option.long === "--data" ? [] : own;
  if (["train", "evaluate"].includes(verb) && needsData) return own;
  if (verb === "compare" && ["--split", "--k", "--test-from"].includes(option.long!)) return own;
  if (verb === "import")
    return [csv, ...(option.long === "--map" ? [] : ["--map", "user=u", "--map", "item=i", "--map", "time=t"])];
  if (verb === "reproduce") return [csv];
  if (verb === "contract") return [join(scratch, "no-such.mjs")];
  if (verb === "monitor") return [csv, csv];
  if (verb === "case") return ["ads"];
  return [];
}

class Accepted extends Error {}

/** The fault of what was typed; what it asks for is not done. */
async function faultOf(verb: string, words: readonly string[]): Promise<unknown> {
  const stopped = AbortSignal.abort(new Accepted(`${verb} ${words.join(" ")} was taken`));
  const quiet = { writeErr: () => undefined };
  const typed = program(async (_verb, _json, run) => void (await run({ signal: stopped }))).configureOutput(quiet);
  for (const command of typed.commands) command.configureOutput(quiet);
  return typed.parseAsync([verb, ...words], { from: "user" }).then(
    () => new Accepted(`${verb} ${words.join(" ")} ended`),
    (error: unknown) => error,
  );
}

const said = (fault: unknown): string =>
  `${fault instanceof UsageError || fault instanceof CommanderError ? "usage" : "fault"}: ${(fault as Error).message}`;

const verbs = program()
  .commands.filter((command) => command.options.length > 0)
  .map((command) => ({ verb: command.name(), options: command.options }));
const withValue = verbs.flatMap(({ verb, options }) =>
  options.filter(({ required }) => required).map((option) => [verb, option.long!, option] as const),
);

describe("an option given badly is a usage error that names what was typed and what is allowed", () => {
  it.each(withValue)("%s %s", async (verb, long, option) => {
    const placeholder = /<.*>/.exec(option.flags)![0];
    const ids = verb === "recommend" && ["--users", "--history"].includes(long); // elsewhere numbers, and days
    const values = bad[ids ? placeholder : long] ?? bad[placeholder];
    expect(values, `${long} ${placeholder} has no row in the table`).toBeDefined();
    const faults: string[] = [];
    for (const value of [...values!, ...always]) {
      const message = said(await faultOf(verb, [...base(verb, option), long, value]));
      const typed = value === "" ? long : value.split(/[=,]/)[0]!.trim();
      const shown = message.includes(typed) || message.includes(JSON.stringify(value));
      if (!/^usage: .*(allowed|known|choices)/is.test(message) || !shown) faults.push(`${long} ${value}: ${message}`);
    }
    expect(faults).toEqual([]);
  });

  it.each(withValue)("%s %s: no value, and two", async (verb, long, option) => {
    const words = base(verb, option);
    expect(said(await faultOf(verb, [...words, long]))).toMatch(/^usage: .*argument missing/);
    if (["--world", "--map", "--model", "--policy"].includes(long) && verb !== "recommend" && verb !== "score") return;
    const value = option.argChoices?.[0] ?? "7";
    expect(said(await faultOf(verb, [...words, long, value, long, value]))).toMatch(
      `usage: invalid ${long}: it is given twice, ${value} and ${value}; allowed: once`,
    );
  });

  it("a file to write that is a folder, in no folder, or the file that is read", async () => {
    mkdirSync(join(scratch, "folder.csv"), { recursive: true });
    const to = async (file: string): Promise<string> =>
      said(await faultOf("score", [csv, "--data", csv, "--to", file]));
    expect(await to(join(scratch, "folder.csv"))).toMatch(
      /^usage: invalid file: .*folder.csv is a folder; allowed: a file/,
    );
    expect(await to(join(scratch, "none", "a.csv"))).toMatch(
      /^usage: invalid file: .*none is not a folder that can be written/,
    );
    expect(await to(csv)).toMatch(/^usage: invalid --to: .* is the file of pairs; allowed: another file/);
  });

  it("a field, a column or a seed given twice", async () => {
    expect(said(await faultOf("simulate", ["--world", "users=9", "--world", "users=10"]))).toMatch(
      "usage: invalid --world: users=10; allowed: each field once",
    );
    const twice = ["--map", "user=u", "--map", "user=v"];
    expect(said(await faultOf("import", [csv, ...twice]))).toMatch(/usage: invalid --map: user=v; user is u already/);
  });

  it.each(verbs)("$verb: an unknown option, and a word too many", async ({ verb }) => {
    const path =
      verb === "recommend"
        ? ["--data", csv]
        : verb === "score"
          ? [csv, "--data", csv]
          : ["import", "reproduce", "contract"].includes(verb)
            ? [csv]
            : verb === "monitor"
              ? [csv, csv]
              : verb === "case"
                ? ["ads"]
                : [];
    for (const option of ["--fly", "--__proto__", "--опция", "--see=7"])
      expect(said(await faultOf(verb, [...path, option]))).toMatch(
        `usage: error: unknown option '${option.split("=")[0]}`,
      );
    expect(said(await faultOf(verb, [...path, "more"]))).toMatch(/usage: error: too many arguments/);
  });
});
