/**
 * Procedural text: a short title for each video, and posts by users, with known truth. Stateless: the same world and id give the same text.
 *
 *   titles   what the video is truly about (also where its label is wrong), in its language; clickbait shouts, good ones explain, those
 *            of a creator share a habit (a series with parts, a question, a list). A near-duplicate has its original's title, a little
 *            changed.
 *   posts    ordinary ones on a topic, in the author's language and with the slang of their region; spam (bots write most of it), and three
 *            kinds that break the rules: scams, harassment, dangerous advice. A third of the bad ones hide their words (fr33, d.e.a.l), and
 *            some ordinary ones quote such words to warn of them: words alone do not decide.
 */
import { uniform, uniformInt } from "../../random.js";
import { regions } from "../../types.js";
import { inLanguage, slang, wordsOf } from "./lexicon.js";
import { trait, traitWidth, type WorldState } from "../state.js";
import { stateOf, type World } from "../world.js";

/** What a post is. The last three break the rules. */
export const postKinds = ["ordinary", "spam", "scam", "harassment", "dangerous"] as const;
export type PostKind = (typeof postKinds)[number];

/** Posts, with their truth. `hidden` and `warning` say why a post is hard: words are disguised; it quotes what it warns of. */
export interface Posts {
  readonly count: number;
  readonly author: Int32Array; // [count] user id
  readonly topic: Uint8Array; // [count]
  readonly body: readonly string[];
  readonly kind: Uint8Array; // [count] index into postKinds
  readonly hidden: Uint8Array; // [count] 0 or 1
  readonly warning: Uint8Array; // [count] 0 or 1
}

/** The titles of some videos. @throws RangeError on an unknown video */
export function titles(world: World, videos: ArrayLike<number>): string[] {
  const state = stateOf(world);
  const { count } = state.catalogue.videos;
  return Array.from(videos, (v) => {
    if (!(Number.isInteger(v) && v >= 0 && v < count))
      throw new RangeError(`unknown video: ${v}; allowed: 0 … ${count - 1}`);
    return titleOf(state, v);
  });
}

function titleOf(state: WorldState, video: number): string {
  const { keys, traits, catalogue, videos } = state;
  const key = keys.title;
  const shown = videos.original[video]!; // a near-duplicate repeats its original's words
  const row = shown * traitWidth;
  const creator = catalogue.videos.creator[shown]!;
  const { things, acts } = wordsOf(traits[row + trait.topic]!);
  const thing = things[uniformInt(things.length, key, shown, 0)]!;
  const other = things[uniformInt(things.length, key, shown, 1)]!;
  const act = acts[uniformInt(acts.length, key, shown, 2)]!;
  const number = 3 + uniformInt(9, key, shown, 3);
  const plain = [
    `how to ${act} a ${thing}`,
    `${number} ways to ${act} your ${thing}`,
    `${thing} and ${other} part ${number}`,
    `why does my ${thing} need a ${other} ?`,
    `we ${act} the ${thing} together`,
  ];
  // creators keep to one habit two times in three
  const habit =
    uniform(key, shown, 4) < 0.67 ? uniformInt(plain.length, key, creator, 5) : uniformInt(plain.length, key, shown, 6);
  let text = plain[habit]!;
  const quality = traits[row + trait.quality]!;
  if (quality > 0.5 && uniform(key, shown, 7) < 0.5) text += " , the full guide explained";
  if (uniform(key, shown, 8) < 1.6 * traits[row + trait.bait]!) {
    const bait = [
      "you won't believe this",
      "SHOCKING !!!",
      "gone wrong",
      "nobody tells you this",
      "WATCH before deleted",
    ];
    const shout = bait[uniformInt(bait.length, key, shown, 9)]!;
    text = uniform(key, shown, 10) < 0.5 ? `${shout} : ${text}` : `${text.toUpperCase()} ! ${shout}`;
  }
  if (video !== shown) text += ["", " hd", " full video", " repost"][uniformInt(4, key, video, 11)]!;
  return inLanguage(text, traits[row + trait.language]!);
}

/** Share of posts of each kind, for people and for bots, in the order of `postKinds`. */
const kindShares = { people: [0.94, 0.02, 0.01, 0.02, 0.01], bots: [0.35, 0.45, 0.18, 0.01, 0.01] } as const;

/** What the kinds that are not wanted say; {thing} is a word of the topic. */
const unwanted: Readonly<Record<Exclude<PostKind, "ordinary">, readonly string[]>> = {
  spam: [
    "cheap {thing} deal today only , buy now at {link}",
    "free followers for your channel , click {link}",
    "best {thing} shop , discount code in bio {link}",
  ],
  scam: [
    "send 50 now and get 500 back tomorrow , write to {name}",
    "your account is locked , confirm your password at {link}",
    "you won the {thing} lottery , pay the small fee at {link}",
  ],
  harassment: [
    "{name} is a pathetic loser , everybody report and insult them",
    "{name} get out , nobody wants your kind here",
    "i know where {name} lives and you will regret the {thing}",
  ],
  dangerous: [
    "stop your medicine , this {thing} cures everything in a week",
    "mix bleach with {thing} and drink it , doctors hide this",
    "do not eat for nine days , only {thing} , it is safe",
  ],
};

/** Posts `from … from + count - 1` of the world: any range may be asked for. @throws RangeError on a bad range */
export function posts(world: World, from: number, count: number): Posts {
  if (!(Number.isSafeInteger(from) && from >= 0 && Number.isSafeInteger(count) && count >= 0))
    throw new RangeError(`posts from ${from}, ${count} of them; allowed: whole numbers of at least 0`);
  const state = stateOf(world);
  const body: string[] = [];
  const columns = {
    author: new Int32Array(count),
    topic: new Uint8Array(count),
    kind: new Uint8Array(count),
    hidden: new Uint8Array(count),
    warning: new Uint8Array(count),
  };
  for (let i = 0; i < count; i++) body.push(writePost(state, from + i, i, columns));
  return { count, body, ...columns };
}

function writePost(state: WorldState, post: number, i: number, out: Omit<Posts, "count" | "body">): string {
  const { keys, catalogue, users, config } = state;
  const key = keys.post;
  const draw = (purpose: number): number => uniform(key, post, purpose);
  const oneOf = <T>(list: readonly T[], purpose: number): T => list[uniformInt(list.length, key, post, purpose)]!;
  const author = uniformInt(catalogue.users.count, key, post, 0);
  const topic = uniformInt(config.topics, key, post, 1);
  const shares = users.bot[author] === 0 ? kindShares.people : kindShares.bots;
  let kind = 0;
  for (let rest = draw(2); kind < postKinds.length - 1 && rest >= shares[kind]!; kind++) rest -= shares[kind]!;
  const { things, acts } = wordsOf(topic);
  const fill = (text: string): string =>
    text
      .replaceAll("{thing}", oneOf(things, 3))
      .replaceAll("{act}", oneOf(acts, 4))
      .replaceAll("{name}", `@user${uniformInt(catalogue.users.count, key, post, 5)}`)
      .replaceAll(
        "{link}",
        `http://${oneOf(["best", "win", "fast", "shop"], 6)}${uniformInt(90, key, post, 7)}.example`,
      );
  const bad = postKinds[kind]!;
  const warning = bad === "ordinary" && draw(8) < 0.04 ? 1 : 0;
  const hidden = bad !== "ordinary" && draw(9) < 0.33 ? 1 : 0;
  let text: string;
  if (bad !== "ordinary") text = fill(oneOf(unwanted[bad], 10));
  else if (warning === 1) {
    const quoted = fill(oneOf(unwanted[oneOf(["spam", "scam", "harassment", "dangerous"] as const, 11)], 10));
    text = `careful , somebody wrote me " ${quoted} " , do not trust this and report it`;
  } else {
    const said = [
      "today i {act} my {thing} and it went well",
      "does anyone know a good {thing} for beginners ?",
      "the new {thing} is better than last year",
      "thank you {name} for the {thing} , i will {act} it again",
    ];
    text = fill(oneOf(said, 12));
    if (draw(13) < 0.4) text += ` . ${fill(oneOf(said, 14))}`;
  }
  text = inLanguage(text, catalogue.users.language[author]!);
  if (hidden === 1) text = disguised(text, draw(15) < 0.5);
  if (draw(16) < 0.3) text += ` ${oneOf(slang[regions[catalogue.users.region[author]!]!], 17)}`;
  out.author[i] = author;
  out.topic[i] = topic;
  out.kind[i] = kind;
  out.hidden[i] = hidden;
  out.warning[i] = warning;
  return text;
}

/** Words of four letters and more written so that a list of words misses them: digits for vowels, or dots between letters. */
function disguised(text: string, digits: boolean): string {
  const asDigit: Readonly<Record<string, string>> = { a: "4", e: "3", i: "1", o: "0" };
  return text.replace(/(?<![@\w/.])[a-z]{4,}(?![\w/@]|\.\w)/gi, (word) =>
    digits ? word.replace(/[aeio]/gi, (letter) => asDigit[letter.toLowerCase()]!) : [...word].join("."),
  );
}
