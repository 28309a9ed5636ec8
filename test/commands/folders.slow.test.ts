/** The verbs that take long, in folders with names that are patterns, partitions or quotes: the same answers as in a plain folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { oddFolder } from "../support/odd-folder.js";
import { answerOf, smallWorld } from "../support/verbs.js";

const scratch = mkdtempSync(join(tmpdir(), "folders-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
afterEach(() => void delete process.env["STAGECRAFT_DATASETS"]);

const plain = { path: join(scratch, "plain"), spoil: () => undefined };
const odd = oddFolder(join(scratch, "own"));

/** What does not depend on the folder or the clock: names, numbers, and no more. */
function facts(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(facts);
  if (typeof json !== "object" || json === null)
    return typeof json === "string" && json.includes(scratch) ? "a path" : json;
  const timed = /seconds|ms$|took|timings|latency|cost|^run$|bytes/i;
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) => (timed.test(key) ? [] : [[key, facts(value)]])),
  );
}

it.each([
  [["simulate"]],
  [["prepare"]],
  [["train"]],
  [["evaluate"]],
  [["compare"]],
  [["publish", "--truth", "--name", "mine"]],
  [["import", "<published>"]],
  [["evaluate", "--data", "<imported>", "--models", "popularity,item-knn,logistic-regression"]],
  [["recommend", "--data", "<imported>", "--models", "item-knn"]],
  [["reproduce", "<published>", "--splits", "1"]],
  [["twins", "--seeds", "2", "--users", "24", "--days", "2", "--replications", "2"]],
  [["tour", "--no-notebooks"]],
  [["report"]],
])("%j", { timeout: 900_000 }, async ([verb, ...more]) => {
  const answers: unknown[] = [];
  for (const { path, spoil } of [plain, odd]) {
    process.env["STAGECRAFT_DATASETS"] = path;
    const at: Readonly<Record<string, string>> = {
      "<published>": join(path, "mine"),
      "<imported>": String(imports.get(path)),
    };
    const words = more.map((word) => at[word] ?? word);
    const alone = ["import", "recommend", "reproduce"].includes(verb!) || more.includes("--data");
    const answer = await answerOf(verb!, ...words, ...(alone ? [] : smallWorld), "--out", path);
    if (verb === "import") imports.set(path, answer["dir"]);
    answers.push(facts(answer));
    spoil();
  }
  expect(answers[1]).toEqual(answers[0]);
});

const imports = new Map<string, unknown>();
