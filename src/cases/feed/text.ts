/**
 * The text of posts, made so that the order of words matters. A harmful post promises (a word of `claims`) and, within three words, sells
 * (a word of `offers`), with no word of `doubts` before. Harmless posts hold the same words: in another order, far apart, or doubted
 * ("no miracle cure"). So single words say something and not all. A tenth of harmful posts hold no such words.
 */
import { hash32, uniform, uniformInt } from "../../random.js";

const claims =
  "miracle secret banned hidden forbidden instant guaranteed shocking leaked ancient silent exposed forced stolen rigged deadly";
const offers =
  "cure pills vaccine ballot detox investment coins chemicals remedy vote treatment serum refund poison plot therapy";
const doubts = "debunked false no satire hoax myth";
const common =
  "the and with today some people new my our look here again always never first last good bad time year home news friends photo video";
const hoaxClaims = "suppressed censored undeniable confirmed";
const hoaxOffers = "radiation microchips blackout lockdown";

/** Words by class, then the vocabulary: 0 is nothing, unseen words have ids of their own. */
const classes = { claims, offers, doubts, common, hoaxClaims, hoaxOffers };
type WordClass = keyof typeof classes;
const wordsOf = (name: WordClass): readonly string[] => classes[name].split(" ");
const order = Object.keys(classes) as WordClass[];
const firstOf = Object.fromEntries(
  order.map((name, i) => [name, 1 + order.slice(0, i).reduce((sum, one) => sum + wordsOf(one).length, 0)]),
) as Record<WordClass, number>;
const topicWords = 12; // per topic
const firstTopic = 1 + order.reduce((sum, name) => sum + wordsOf(name).length, 0);

/** Words of a post. */
export const textLength = 14;

/** Size of the vocabulary for a number of topics. */
export const vocabulary = (topics: number): number => firstTopic + topics * topicWords;

/** Writes the words of a post into `out` [textLength]; every draw is a hash of (key, post). */
export function writeText(
  key: number,
  post: number,
  topic: number,
  harm: "none" | "known" | "hoax",
  out: Int16Array,
): void {
  const pick = (name: WordClass, at: number): number =>
    firstOf[name] + uniformInt(wordsOf(name).length, key, post, at, 1);
  for (let i = 0; i < textLength; i++)
    out[i] =
      uniform(key, post, i, 2) < 0.55
        ? pick("common", i)
        : firstTopic + topic * topicWords + uniformInt(topicWords, key, post, i, 3);
  const start = 1 + uniformInt(textLength - 6, key, post, 100);
  const gap = 1 + uniformInt(3, key, post, 101);
  if (harm !== "none") {
    if (harm === "known" && uniform(key, post, 108) < 0.1) return; // harm that no word tells
    out[start] = pick(harm === "hoax" ? "hoaxClaims" : "claims", 102);
    out[start + gap] = pick(harm === "hoax" ? "hoaxOffers" : "offers", 103);
    return;
  }
  const style = hash32(key, post, 104) % 100; // what harmless posts have of the same words
  const [claim, offer] = [pick("claims", 105), pick("offers", 106)];
  if (style < 8) [out[start], out[start + gap]] = [offer, claim];
  else if (style < 16) [out[start - 1], out[start], out[start + gap]] = [pick("doubts", 107), claim, offer];
  else if (style < 22) [out[1], out[textLength - 1]] = [claim, offer];
  else if (style < 36) out[start] = style % 2 === 0 ? claim : offer;
}

/** A post's words as text. */
export function readText(words: ArrayLike<number>, topicNames: readonly string[]): string {
  return Array.from(words, (word) => {
    if (word >= firstTopic) {
      const at = word - firstTopic;
      return `${topicNames[Math.floor(at / topicWords)]!.split(/[ &,]/)[0]!.toLowerCase()}${at % topicWords}`;
    }
    const name = order.findLast((one) => word >= firstOf[one])!;
    return wordsOf(name)[word - firstOf[name]]!;
  }).join(" ");
}
