/**
 * Gives options of each verb words that mean nothing there: exit code 2, nothing on stdout, and a message without a stack or a control
 * character. (test/commands/options.test.ts holds every option to a table; here words are drawn, and go through the command line itself.)
 * node scripts/drills/words.mjs [--times 2] [--seed 1] [--only verb,…]
 */
import { program } from "../../dist/commands/program.js";
import { drill, stagecraft, unclear } from "./shared/drill.mjs";

const free = /<(folder|file|url|ids|text|name|pattern)>/; // nearly every word is one
const parts = [
  "",
  "-",
  "--",
  "1",
  "e9",
  "NaN",
  "٣",
  "７",
  "ü",
  "漢",
  "\x1b[2J",
  "\u202e",
  "=",
  ",",
  "%s",
  "$(id)",
  "'; --",
  "../",
  "x".repeat(300),
];

await drill(2, async ({ times, only, draw, tell }) => {
  const verbs = program().commands.filter((verb) => verb.options.some(({ required }) => required));
  for (const verb of verbs.filter((one) => only?.includes(one.name()) ?? true))
    for (let attempt = 0; attempt < times; attempt++) {
      const pick = (list, ...name) => list[Math.floor(draw(verb.name(), attempt, ...name) * list.length)];
      const option = pick(
        verb.options.filter(({ required, flags }) => required && !free.test(flags)),
        "option",
      );
      const word = [0, 1, 2].map((i) => pick(parts, "part", i)).join("") + pick(["", "no"], "end");
      const words = [verb.name(), ...(verb.registeredArguments.length > 0 ? ["no-such-file"] : []), option.long, word];
      if (/^\d+$/.test(word)) continue; // that one may mean something
      const { code, said, answer } = await stagecraft(words);
      const wrong = [
        ...(code === 2 ? [] : [`exit ${code}: ${said}`]),
        ...(answer === "" ? [] : [`on stdout: ${answer}`]),
        ...(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(said) ? ["a control character"] : []),
        ...unclear(said),
      ];
      tell(JSON.stringify(words.slice(0, 5)).slice(0, 120), wrong, "exit 2");
    }
});
