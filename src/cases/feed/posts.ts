/**
 * All posts that may be posted: a friend's post appears only if its author is active that day, the others always. Hidden of a post are its
 * quality, its outrage (what angers and is talked about) and whether it is harmful; all three lean on the author's.
 */
import { gumbel, keyOf, normal, uniform } from "../../random.js";
import { topicCount, type FeedConfig, type People } from "./people.js";
import { textLength, writeText } from "./text.js";

/** Minutes of a day. */
export const dayMinutes = 1440;

/** Posts in order of author, then time. */
export interface Posts {
  readonly count: number;
  readonly from: Int32Array; // [authors + 1] first post of each author
  readonly author: Int32Array;
  readonly minute: Float64Array; // since the feed began
  readonly topic: Uint8Array;
  readonly words: Int16Array; // [posts, textLength]
  readonly quality: Float64Array; // about standard normal
  readonly outrage: Float64Array; // from 0
  readonly harmful: Uint8Array;
}

const perDay = [0.8, 4, 6]; // of a friend, a page, a group

/** Makes all posts. */
export function makePosts(config: FeedConfig, people: People): Posts {
  const { seed, logDays, liveDays, badAuthors, hoaxFrom } = config;
  const [authorKey, key, textKey] = ["author", "post", "text"].map((name) => keyOf(seed, `feed/posts/${name}`)) as [
    number,
    number,
    number,
  ];
  const from = new Int32Array(people.authors + 1);
  const times: number[] = [];
  const authors: number[] = [];
  for (let a = 0; a < people.authors; a++) {
    const rate = perDay[people.kindOf(a)]!;
    for (let day = 0; day < logDays + liveDays; day++) {
      const many = Math.floor(rate + uniform(authorKey, a, day, 0));
      const made = Array.from({ length: many }, (_, i) => dayMinutes * (day + uniform(authorKey, a, day, 1, i)));
      for (const minute of made.sort((x, y) => x - y)) {
        times.push(minute);
        authors.push(a);
      }
    }
    from[a + 1] = times.length;
  }
  const count = times.length;
  const posts: Posts = {
    ...{ count, from, author: Int32Array.from(authors), minute: Float64Array.from(times) },
    ...{ topic: new Uint8Array(count), words: new Int16Array(count * textLength), harmful: new Uint8Array(count) },
    ...{ quality: new Float64Array(count), outrage: new Float64Array(count) },
  };
  for (let a = 0; a < people.authors; a++) {
    const kind = people.kindOf(a);
    const bad = uniform(authorKey, a, -1, 0) < badAuthors;
    const [quality, outrage] = [normal(authorKey, a, -1, 1), normal(authorKey, a, -1, 2)];
    for (let p = from[a]!; p < from[a + 1]!; p++) {
      const day = Math.floor(posts.minute[p]! / dayMinutes) - logDays;
      const hoax = hoaxFrom >= 0 && kind === 1 && day >= hoaxFrom && day < hoaxFrom + 2 && uniform(key, p, 3) < 0.15;
      const harmful = hoax || uniform(key, p, 4) < (bad ? 0.25 : 0.005);
      posts.harmful[p] = harmful ? 1 : 0;
      posts.topic[p] = kind === 0 ? ownTopic(people, a, key, p) : people.authorTopic[a]!;
      posts.quality[p] = 0.5 * quality + 0.85 * normal(key, p, 5);
      posts.outrage[p] =
        Math.max(0, 0.6 * outrage + 0.7 * normal(key, p, 6) + (kind === 1 ? 0.3 : -0.2)) + (hoax ? 2 : harmful ? 1 : 0);
      const harm = hoax ? "hoax" : harmful ? "known" : "none";
      writeText(textKey, p, posts.topic[p]!, harm, posts.words.subarray(p * textLength, (p + 1) * textLength));
    }
  }
  return posts;
}

/** A person posts on what interests them: softmax of twice the interest. */
function ownTopic({ interest }: People, user: number, key: number, post: number): number {
  let best = 0;
  let most = -Infinity;
  for (let t = 0; t < topicCount; t++) {
    const value = 2 * interest[user * topicCount + t]! + gumbel(key, post, t, 7);
    if (value > most) [best, most] = [t, value];
  }
  return best;
}

/** Posts that reviewers labelled before the feed began, a fifth of them harmful and 2 % of the labels wrong, to learn the filter on. */
export function labelledTexts(seed: number, count: number): { words: Int16Array; harmful: Uint8Array; count: number } {
  const [key, textKey] = [keyOf(seed, "feed/labelled"), keyOf(seed, "feed/labelled text")];
  const words = new Int16Array(count * textLength);
  const harmful = Uint8Array.from({ length: count }, (_, p) => (uniform(key, p, 0) < 0.2 ? 1 : 0));
  for (let p = 0; p < count; p++) {
    const topic = Math.floor(topicCount * uniform(key, p, 1));
    const out = words.subarray(p * textLength, (p + 1) * textLength);
    writeText(textKey, p, topic, harmful[p] === 1 ? "known" : "none", out);
    if (uniform(key, p, 2) < 0.02) harmful[p] = 1 - harmful[p]!;
  }
  return { words, harmful, count };
}
