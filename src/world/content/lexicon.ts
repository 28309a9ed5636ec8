/** The words of titles and posts. English is written as it stands; every other language has words of its own for the same things. */
import { languages, type regions } from "../../types.js";
import { topicNames } from "./topics.js";

/** What a topic is talked about with: things, and what is done with them. */
interface TopicWords {
  readonly things: readonly string[];
  readonly acts: readonly string[];
}

/** By named topic: eight things · four acts. */
const topicWords: Readonly<Record<string, string>> = {
  music: "guitar chorus drums melody concert album singer piano · play record remix sing",
  gaming: "boss level speedrun quest controller lobby loot arena · beat unlock grind stream",
  football: "goal penalty keeper derby striker stadium league corner · score defend pass tackle",
  cooking: "bread curry noodles sauce oven pastry stew pan · bake fry season chop",
  news: "election strike budget storm court border minister protest · report explain follow verify",
  comedy: "sketch prank joke standup parody roast punchline impression · laugh mock perform improvise",
  film: "trailer scene director sequel actor script premiere villain · watch review rank recast",
  technology: "laptop phone battery chip keyboard robot server camera · install repair compare upgrade",
  fitness: "squat sprint yoga plank dumbbell stretch marathon muscle · train lift warm cool",
  travel: "beach hostel mountain train island market passport ferry · visit book explore pack",
  beauty: "lipstick serum nails eyeliner braid perfume mask brush · apply blend test style",
  cars: "engine gearbox rally tyres turbo brakes chassis bumper · drive tune polish race",
  science: "planet cell volcano magnet atom fossil telescope virus · measure predict observe prove",
  animals: "kitten parrot puppy turtle whale fox hedgehog owl · feed rescue tame adopt",
  history: "empire castle treaty pharaoh battle archive viking dynasty · uncover retell date restore",
  crafts: "wool clay candle origami leather stencil bead quilt · knit carve glue sew",
  education: "algebra essay grammar exam fractions lecture notes homework · study teach revise solve",
  finance: "savings mortgage shares pension invoice dividend loan tax · invest insure spend plan",
  anime: "manga mecha opening episode studio heroine arc cosplay · draw dub binge subtitle",
  gardening: "tomato compost rose seedling hedge greenhouse mulch basil · plant prune water harvest",
};

/** Words of a topic. Those beyond the named ones have words made of syllables. */
export function wordsOf(topic: number): TopicWords {
  const known = topicWords[topicNames(topic + 1)[topic]!];
  if (known === undefined) {
    const made = (n: number): string => syllables(topic * 16 + n);
    return { things: [0, 1, 2, 3, 4, 5, 6, 7].map(made), acts: [8, 9, 10, 11].map(made) };
  }
  const [things, acts] = known.split(" · ").map((list) => list.split(" ")) as [string[], string[]];
  return { things, acts };
}

/** What people of a region say where others say something plain. */
export const slang: Readonly<Record<(typeof regions)[number], readonly string[]>> = {
  africa: ["sharp sharp", "wahala", "no yawa", "chop life"],
  americas: ["no cap", "for real", "y'all", "lowkey"],
  "east-asia": ["jiayou", "kawaii", "aiya", "fighting"],
  europe: ["mate", "proper", "cheers", "gutted"],
  oceania: ["no worries", "heaps", "arvo", "too easy"],
  "south-asia": ["yaar", "ekdum", "arre", "full on"],
};

const vowels = "aeiou";
const consonants = "bcdfghjklmnpqrstvwxyz";
const endings = ["", "o", "ng", "a", "im", "elle"]; // by language

/**
 * A text in a language: each word becomes another, always the same, whose letters are moved on within vowels and within consonants;
 * numbers, punctuation, names (@…) and links stay. English is itself. So languages share meaning and no words, as a model sees it.
 */
export function inLanguage(text: string, language: number): string {
  if (language === 0) return text;
  const shift = (letters: string, letter: string, by: number): string =>
    letters[(letters.indexOf(letter) + by) % letters.length]!;
  return text.replace(/(?<![@\w/.])[a-z]+(?![\w/@]|\.\w)/gi, (word) => {
    const moved = [...word.toLowerCase()].map((letter) =>
      vowels.includes(letter) ? shift(vowels, letter, language) : shift(consonants, letter, 3 * language),
    );
    const ended = moved.join("") + endings[language % languages.length]!;
    return word === word.toUpperCase() && word.length > 1 ? ended.toUpperCase() : ended;
  });
}

/** A word of three syllables for a number. */
function syllables(n: number): string {
  let rest = n * 7_919 + 104_729;
  let word = "";
  for (let s = 0; s < 3; s++) {
    word += consonants[rest % consonants.length]! + vowels[Math.floor(rest / consonants.length) % vowels.length]!;
    rest = Math.floor(rest / (consonants.length * vowels.length)) + 31 * (n + s + 1);
  }
  return word;
}
