/** Text as numbers: words and punctuation by a vocabulary of the most frequent ones. */

/** Texts as token ids, one after another: text i is `tokens[start[i] … start[i + 1] - 1]`. */
export interface TokenisedTexts {
  readonly count: number;
  readonly start: Int32Array; // [count + 1]
  readonly tokens: Int32Array; // [start[count]] in [0, vocabulary.length)
  /** What a token is written as; 0 stands for every word that is not in it. */
  readonly vocabulary: readonly string[];
}

const unknown = "<unknown>";

/** The words, numbers, links, names and marks of a text, in small letters. */
export function wordsIn(text: string): string[] {
  return (
    text.toLowerCase().match(/https?:\/\/\S+|@[\p{L}\p{N}_]+|[\p{L}\p{N}]+(?:['’.][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu) ??
    []
  );
}

/**
 * The words that occur at least `least` times, most frequent first (ties in order of the alphabet), at most `most` of them, after the
 * place of unknown words. Take it from training texts only.
 */
export function vocabularyOf(texts: Iterable<string>, most = 20_000, least = 2): string[] {
  if (!(Number.isInteger(most) && most >= 1)) throw new RangeError(`most: ${most}; allowed: an integer of at least 1`);
  if (!(Number.isInteger(least) && least >= 1))
    throw new RangeError(`least: ${least}; allowed: an integer of at least 1`);
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of wordsIn(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const kept = [...counts].filter(([, n]) => n >= least);
  kept.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return [unknown, ...kept.slice(0, most).map(([word]) => word)];
}

/** Texts as ids of a vocabulary whose first entry stands for unknown words. */
export function tokenise(texts: readonly string[], vocabulary: readonly string[]): TokenisedTexts {
  const ids = new Map(vocabulary.map((word, id) => [word, id]));
  const start = new Int32Array(texts.length + 1);
  const tokens: number[] = [];
  for (const [i, text] of texts.entries()) {
    for (const word of wordsIn(text)) tokens.push(ids.get(word) ?? 0);
    start[i + 1] = tokens.length;
  }
  return { count: texts.length, start, tokens: Int32Array.from(tokens), vocabulary };
}
