/** A small made-up data set in RecBole's atomic files, all by hashes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf, uniform, uniformInt } from "../../src/random.js";

/**
 * 40 users × 30 items over `days` days: users of an even number mostly take items of an even one, and two release years of three are
 * liked. With the items' years and classes and the users' genders beside. Gives the folder.
 */
export function toyRatings(dir: string, days = 6): string {
  const at = join(dir, "toy");
  mkdirSync(at, { recursive: true });
  const key = keyOf(1, "toy");
  const lines = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"];
  for (let user = 0; user < 40; user++) {
    for (let item = 0; item < 30; item++) {
      if (uniform(key, user, item) > (user % 2 === item % 2 ? 0.8 : 0.2)) continue;
      const liked = item % 3 > 0 === uniform(key, user, item, 2) < 0.85;
      const rating = liked ? 4 + uniformInt(2, key, user, item, 1) : 1 + uniformInt(3, key, user, item, 1);
      lines.push(
        `u${user}\ti${item}\t${rating}\t${1_000_000 + uniformInt(days, key, user, item, 3) * 86_400 + user * 100 + item}`,
      );
    }
  }
  const items = Array.from(
    { length: 30 },
    (_, item) => `i${item}\tTitle ${item}\t${1990 + (item % 3)}\t${item % 2 === 0 ? "Even Short" : "Odd"}`,
  );
  const users = Array.from({ length: 40 }, (_, user) => `u${user}\t${user % 2 === 0 ? "F" : "M"}`);
  writeFileSync(join(at, "toy.inter"), `${lines.join("\n")}\n`);
  writeFileSync(
    join(at, "toy.item"),
    `item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n${items.join("\n")}\n`,
  );
  writeFileSync(join(at, "toy.user"), `user_id:token\tgender:token\n${users.join("\n")}\n`);
  return at;
}

/**
 * A retriever of your own that cannot be kept, `covisits`: how often an item was taken by those who took what the user
 * took. Gives its file.
 */
export function covisitsRetriever(dir: string): string {
  const path = join(dir, "covisits.mjs");
  writeFileSync(
    path,
    `export const family = "retriever";
export async function fit({ userCount, itemCount, user, item }) {
  const taken = Array.from({ length: userCount }, () => []);
  user.forEach((u, row) => taken[u].push(item[row]));
  const together = new Float32Array(itemCount * itemCount);
  for (const items of taken) for (const a of items) for (const b of items) together[a * itemCount + b]++;
  return (users) => Float32Array.from({ length: users.length * itemCount }, (_, cell) =>
    taken[users[Math.floor(cell / itemCount)]].reduce((sum, own) => sum + together[own * itemCount + (cell % itemCount)], 0));
}
`,
  );
  return path;
}
