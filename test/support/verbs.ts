/** Verbs of the command line in this process: what is typed is read as there, and the answer is given instead of printed. */
import { program } from "../../src/commands/program.js";
import type { Answer } from "../../src/commands/run.js";

/** What a verb answers. */
export async function answerOf(...words: readonly string[]): Promise<Answer["json"]> {
  let json: Answer["json"] = {};
  await program(async (_verb, _json, run) => void ({ json } = await run({}))).parseAsync(words, { from: "user" });
  return json;
}

/** A world that is simulated in a second. */
export const smallWorld = ["--scale", "tiny", "--workers", "1"].concat(
  ["users=80", "videos=200", "days=6"].flatMap((field) => ["--world", field]),
);
