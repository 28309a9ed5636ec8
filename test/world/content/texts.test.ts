import { describe, expect, it } from "vitest";
import { tokenise, vocabularyOf, wordsIn } from "../../../src/data/features/tokens.js";
import { languages, regions } from "../../../src/types.js";
import { slang, wordsOf } from "../../../src/world/content/lexicon.js";
import { trait, traitWidth } from "../../../src/world/state.js";
import { postKinds, posts, titles } from "../../../src/world/content/texts.js";
import { stateOf } from "../../../src/world/world.js";
import { smallWorld } from "../play.js";

const sizes = {
  users: 3_000,
  videos: 4_000,
  creators: 80,
  topics: 22,
  nearDuplicates: 0.1,
  mislabelled: 0.1,
  botShare: 0.1,
};
const world = smallWorld(8, sizes);
const state = stateOf(world);
const { videos } = world.catalogue;
const ids = Array.from({ length: videos.count }, (_, v) => v);
const title = titles(world, ids);
const post = posts(world, 0, 12_000);
const traitOf = (v: number, which: keyof typeof trait): number => state.traits[v * traitWidth + trait[which]]!;

/** Multinomial naive Bayes with add-one counts: the class of each text of the second half, learned on the first. */
function accuracy(texts: readonly string[], classOf: readonly number[], classes: number): number {
  const half = Math.floor(texts.length / 2);
  const { start, tokens, vocabulary } = tokenise(texts, vocabularyOf(texts.slice(0, half)));
  const words = Array.from({ length: classes }, () => new Float64Array(vocabulary.length).fill(1));
  const n = new Float64Array(classes).fill(1);
  for (let i = 0; i < half; i++) {
    n[classOf[i]!]!++;
    for (let at = start[i]!; at < start[i + 1]!; at++) words[classOf[i]!]![tokens[at]!]!++;
  }
  const total = words.map((counts) => counts.reduce((sum, x) => sum + x, 0));
  let right = 0;
  for (let i = half; i < texts.length; i++) {
    const score = words.map((counts, c) => {
      let sum = Math.log(n[c]!);
      for (let at = start[i]!; at < start[i + 1]!; at++) sum += Math.log(counts[tokens[at]!]! / total[c]!);
      return sum;
    });
    if (score.indexOf(Math.max(...score)) === classOf[i]) right++;
  }
  return right / (texts.length - half);
}

describe("titles", () => {
  it("are the same for the same world, one at a time or together, and others for another seed", () => {
    expect(titles(smallWorld(8, sizes), [3, 17])).toEqual([title[3], title[17]]);
    expect(titles(smallWorld(9, sizes), ids.slice(0, 50))).not.toEqual(title.slice(0, 50));
    expect(() => titles(world, [videos.count])).toThrow(
      `unknown video: ${videos.count}; allowed: 0 … ${videos.count - 1}`,
    );
  });

  it("say the true topic, also where the label is wrong, in the video's own language", () => {
    const english = ids.filter((v) => videos.language[v] === 0);
    for (const v of english) {
      const { things } = wordsOf(traitOf(v, "topic"));
      expect(things.some((thing) => title[v]!.toLowerCase().includes(thing))).toBe(true);
    }
    const topic = ids.map((v) => traitOf(v, "topic"));
    expect(accuracy(title, topic, 22)).toBeGreaterThan(0.65); // learned on 2,000 titles in six languages
    expect(accuracy(title, [...videos.language], languages.length)).toBeGreaterThan(0.9);
  });

  it("show clickbait and quality, but do not give them away", () => {
    const shouts = (v: number): number => (/[!]|won't|wrong|nobody|deleted/i.test(title[v]!) ? 1 : 0);
    const english = ids.filter((v) => videos.language[v] === 0 && state.videos.original[v] === v);
    const bait = english.map((v) => traitOf(v, "bait"));
    const middle = [...bait].sort((a, b) => a - b)[Math.floor(bait.length / 2)]!;
    const rate = (keep: (v: number) => boolean): number => {
      const kept = english.filter(keep);
      return kept.reduce((sum, v) => sum + shouts(v), 0) / kept.length;
    };
    const [much, little] = [rate((v) => traitOf(v, "bait") > middle), rate((v) => traitOf(v, "bait") <= middle)];
    expect(much).toBeGreaterThan(1.5 * little);
    expect(much).toBeLessThan(0.9);
    const explained = english.filter((v) => /explained/i.test(title[v]!));
    expect(explained.every((v) => traitOf(v, "quality") > 0.5)).toBe(true);
  });

  it("of near-duplicates begin with or repeat their original's", () => {
    const copies = ids.filter((v) => state.videos.original[v] !== v);
    expect(copies.length).toBeGreaterThan(100);
    for (const v of copies) expect(title[v]!.startsWith(title[state.videos.original[v]!]!)).toBe(true);
  });
});

describe("posts", () => {
  it("are the same whichever range is asked for", () => {
    const some = posts(world, 100, 20);
    expect(some.body).toEqual(post.body.slice(100, 120));
    expect(some.kind).toEqual(post.kind.slice(100, 120));
    expect(() => posts(world, -1, 2)).toThrow("posts from -1, 2 of them; allowed: whole numbers of at least 0");
  });

  it("have all kinds; bots write most of the spam", () => {
    const count = (kind: number, bot: boolean): number =>
      post.kind.filter((k, i) => k === kind && state.users.bot[post.author[i]!]! > 0 === bot).length;
    for (const kind of postKinds.keys()) expect(count(kind, true) + count(kind, false)).toBeGreaterThan(50);
    expect(count(1, true)).toBeGreaterThan(1.2 * count(1, false));
    const ordinary = post.kind.filter((kind) => kind === 0).length / post.count;
    expect(ordinary).toBeGreaterThan(0.8);
    expect(ordinary).toBeLessThan(0.95);
  });

  it("carry the slang of the author's region only", () => {
    for (let i = 0; i < post.count; i++) {
      const own = regions[world.catalogue.users.region[post.author[i]!]!]!;
      for (const region of regions)
        if (region !== own) for (const said of slang[region]) expect(post.body[i]!.endsWith(` ${said}`)).toBe(false);
    }
  });

  it("can be told apart, but not by their words alone: disguised ones and warnings are mistaken more often", () => {
    const bad = [...post.kind].map((kind) => (kind > 0 ? 1 : 0));
    const all = accuracy(post.body, bad, 2);
    expect(all).toBeGreaterThan(0.9);
    expect(all).toBeLessThan(0.999);
    expect(post.warning.filter((is) => is === 1).length).toBeGreaterThan(200);
    expect(post.hidden.filter((is) => is === 1).length).toBeGreaterThan(200);
    post.warning.forEach((is, i) => expect(is === 1 && post.kind[i] !== 0).toBe(false));
  });
});

describe("tokens", () => {
  it("are words, numbers, names, links and marks; unknown words are 0", () => {
    expect(wordsIn("Don't pay @User7, see http://Win.example/x NOW!! d.e.a.l 500")).toEqual([
      "don't",
      "pay",
      "@user7",
      ",",
      "see",
      "http://win.example/x",
      "now",
      "!",
      "!",
      "d.e.a.l",
      "500",
    ]);
    const vocabulary = vocabularyOf(["a b b c", "c b"], 10, 2);
    expect(vocabulary).toEqual(["<unknown>", "b", "c"]);
    const { start, tokens } = tokenise(["b a", "", "C c"], vocabulary);
    expect([...start]).toEqual([0, 2, 2, 4]);
    expect([...tokens]).toEqual([1, 0, 2, 2]);
    expect(() => vocabularyOf([], 0)).toThrow("most: 0; allowed: an integer of at least 1");
  });

  it("of known words can be written out again", () => {
    const vocabulary = vocabularyOf(title, 20_000, 1);
    const { start, tokens } = tokenise(title, vocabulary);
    const [from, to] = [start[5]!, start[6]!];
    expect([...tokens.subarray(from, to)].map((id) => vocabulary[id])).toEqual(wordsIn(title[5]!));
  });
});
