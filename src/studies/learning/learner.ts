/**
 * A small ranker that is fitted in a second: logistic regression on the identities of a row and on who likes which topic, by AdaGrad
 * (Duchi, Hazan & Singer, 2011). Each fit begins with fresh step sizes, so weights that were learned long ago can still move.
 *
 *     logit = bias + position + language pair + age + segment × topic + creator + video      (of the row)
 *           + user + user × topic                                                             (the user's own)
 *
 * The label is a probability: a click, or the share of a minute that was watched. Position is learned and left out in serving.
 */
import { keyOf, permutation } from "../../random.js";
import { type Catalogue, type Day, languages, regions, segmentCount } from "../../types.js";

/** Rows to learn from; columns of one length. */
export interface LearningRows {
  readonly count: number;
  readonly day: Int16Array;
  readonly user: Int32Array;
  readonly video: Int32Array;
  readonly position: Uint8Array;
  readonly label: Float32Array; // in [0, 1]
  readonly weight: Float32Array;
}

/** Settings of a fit. */
const [rate, penalty, epochs] = [0.1, 0.01, 2];
const ageBuckets = 8; // 0, 1, 2–3, 4–7, … days since the upload
const perRow = 9;

/** The ranker. Its weights are moved in place. */
export interface Learner {
  readonly weights: Float32Array;
  /** A copy that moves by itself. */
  copy(): Learner;
  /** Two passes, each in a seeded order, over the rows of some days that are `chosen`; returns rows × passes. */
  fit(days: readonly LearningRows[], seed: number, chosen: (rows: LearningRows, row: number) => boolean): number;
  /** One step for each row of one user, on the user's own weights alone. */
  learnOwn(rows: LearningRows, from: number, to: number): void;
  /** Probability that each row was predicted to have, with its position. [count] */
  predict(rows: LearningRows): Float64Array;
  /** The part of the logit that all users share, without segment, language and position. */
  ofVideo(video: number, day: Day): number;
  /** The part that a user adds by a video's topic. [topics] */
  ofUser(user: number, out: Float64Array): void;
  /** The part of a user's and a video's language. */
  ofLanguages(user: number, video: number): number;
}

/** A ranker that has seen nothing (weights 0), or one with given weights. */
export function openLearner(catalogue: Catalogue, slots: number, position: boolean, given?: Float32Array): Learner {
  const { users, videos, creatorCount } = catalogue;
  const topics = catalogue.topicNames.length;
  const sizes = [
    ...[1, slots, languages.length ** 2, ageBuckets, segmentCount * topics, creatorCount, videos.count],
    ...[users.count, users.count * topics],
  ];
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const [, position0, language0, age0, segment0, creator0, video0, user0, taste0] = starts as number[];
  const size = starts.at(-1)! + sizes.at(-1)!;
  if (given && given.length !== size) throw new RangeError(`weights: ${given.length}; allowed: ${size}`);
  const weights = given ?? new Float32Array(size);
  const squares = new Float32Array(size);
  const cells = new Int32Array(perRow);

  const segmentOf = (user: number): number => users.ageBand[user]! * regions.length + users.region[user]!;
  const pairOf = (user: number, video: number): number =>
    language0! + users.language[user]! * languages.length + videos.language[video]!;
  const ageOf = (video: number, day: Day): number =>
    age0! + Math.min(ageBuckets - 1, 32 - Math.clz32(Math.max(0, day - videos.uploadDay[video]!)));
  /** Fills `cells`, shared first; returns how many there are. */
  const look = ({ user, video, day, position: slot }: LearningRows, row: number): void => {
    const [u, v] = [user[row]!, video[row]!];
    const topic = videos.topic[v]!;
    cells[0] = 0;
    cells[1] = position0! + (position ? slot[row]! : 0);
    cells[2] = pairOf(u, v);
    cells[3] = ageOf(v, day[row]!);
    cells[4] = segment0! + segmentOf(u) * topics + topic;
    cells[5] = creator0! + videos.creator[v]!;
    cells[6] = video0! + v;
    cells[7] = user0! + u;
    cells[8] = taste0! + u * topics + topic;
  };
  const probability = (): number => {
    let logit = 0;
    for (let i = 0; i < perRow; i++) logit += weights[cells[i]!]!;
    return 1 / (1 + Math.exp(-logit));
  };
  const step = (rows: LearningRows, row: number, first: number): void => {
    look(rows, row);
    const error = rows.weight[row]! * (probability() - rows.label[row]!);
    for (let i = first; i < perRow; i++) {
      const cell = cells[i]!;
      const gradient = error + (i === 0 ? 0 : penalty * weights[cell]!);
      const square = (squares[cell]! += gradient * gradient);
      weights[cell]! -= (rate * gradient) / Math.sqrt(0.1 + square);
    }
  };

  return {
    weights,
    copy: () => openLearner(catalogue, slots, position, weights.slice()),
    fit(days, seed, chosen): number {
      const [of, at]: [LearningRows[], number[]] = [[], []];
      for (const rows of days)
        for (let row = 0; row < rows.count; row++) if (chosen(rows, row)) at[of.push(rows) - 1] = row;
      squares.fill(0);
      for (let epoch = 0; epoch < epochs; epoch++)
        for (const i of permutation(at.length, keyOf(seed, `learning/epoch ${epoch}`))) step(of[i]!, at[i]!, 0);
      squares.fill(0); // what is learned within the day begins with fresh step sizes, too
      return epochs * at.length;
    },
    learnOwn(rows, from, to): void {
      for (let row = from; row < to; row++) step(rows, row, 7);
    },
    predict(rows): Float64Array {
      return Float64Array.from({ length: rows.count }, (_, row) => {
        look(rows, row);
        return probability();
      });
    },
    ofVideo: (v, day) =>
      weights[0]! + weights[ageOf(v, day)]! + weights[creator0! + videos.creator[v]!]! + weights[video0! + v]!,
    ofUser(u, out): void {
      const segment = segment0! + segmentOf(u) * topics;
      for (let t = 0; t < topics; t++)
        out[t] = weights[user0! + u]! + weights[segment + t]! + weights[taste0! + u * topics + t]!;
    },
    ofLanguages: (u, v) => weights[pairOf(u, v)]!,
  };
}
