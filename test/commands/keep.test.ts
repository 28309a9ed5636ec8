import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { resultVerbs } from "../../src/commands/keep.js";
import { program } from "../../src/commands/program.js";
import { answer } from "../../src/commands/run.js";
import { table } from "../../src/lab/index.js";
import { openDatabase } from "../../src/log/index.js";

const before = process.env["STAGECRAFT_RESULTS"];
const root = mkdtempSync(join(tmpdir(), "keep-"));
process.env["STAGECRAFT_RESULTS"] = root;
afterAll(() => {
  process.env["STAGECRAFT_RESULTS"] = before;
  rmSync(root, { recursive: true, force: true });
});

it("the tables of an answer are kept as CSV and Parquet beside its JSON: numbers in full, an interval as three columns", async () => {
  const printed = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const rows = [
    { model: 'a "b", c', AUC: { estimate: 0.612345, low: 0.6, high: 0.62 }, users: 3, loss: 0.25, sure: true },
    { model: "d", AUC: undefined, users: 40, loss: NaN, sure: false },
  ];
  const tables = { models: table(rows, { columns: ["model", "AUC", "users", "loss", "sure"] }), none: table([]) };
  await answer("evaluate", { json: true }, () => Promise.resolve({ text: "", json: { k: 10 }, tables }));
  const said = JSON.parse(String(printed.mock.calls[0]![0])) as { run: string };
  printed.mockRestore();
  const latest = join(root, "evaluate", "latest");
  expect(readdirSync(latest).sort()).toEqual(
    ["evaluate.json", "manifest.json", "models.csv", "models.parquet", "run.json"], // nothing of a table without rows
  );
  expect(JSON.parse(readFileSync(join(latest, "evaluate.json"), "utf8"))).toEqual({ run: said.run, k: 10 });
  const csv = readFileSync(join(said.run, "models.csv"), "utf8");
  expect(csv.trim().split("\n")).toEqual([
    "model,AUC,AUC low,AUC high,users,loss,sure",
    '"a ""b"", c",0.612345,0.6,0.62,3,0.25,yes',
    "d,,,,40,,no",
  ]);
  const database = await openDatabase();
  const columns = await database.query(`SELECT "AUC low", users FROM '${join(latest, "models.parquet")}'`);
  database.close();
  expect([...columns["users"]!]).toEqual([3, 40]);
});

it("every verb that leaves results says where, and no other", () => {
  const saying = program().commands.filter((verb) => {
    let help = "";
    verb.configureOutput({ writeOut: (text) => (help += text) });
    verb.outputHelp();
    return help.includes(`results/${verb.name()}/latest`);
  });
  expect(saying.map((verb) => verb.name()).sort()).toEqual([...resultVerbs].sort()); // each of them is a verb
});
