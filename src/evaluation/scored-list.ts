/**
 * One query's rows, ordered by score: room that is used again from query to query, so that ordering millions of lists allocates nothing.
 * Insertion of 12 at a time, then merges: stable, and quick for lists of tens to thousands.
 */
const run = 12;

/** Scores descending with their labels; equal scores keep the order in which they came. */
export class ScoredList {
  scores: Float64Array;
  labels: Float64Array;
  count = 0;
  private otherScores: Float64Array;
  private otherLabels: Float64Array;

  /** @param longest rows of the longest list */
  constructor(longest: number) {
    this.scores = new Float64Array(longest);
    this.labels = new Float64Array(longest);
    this.otherScores = new Float64Array(longest);
    this.otherLabels = new Float64Array(longest);
  }

  /** Takes the rows `rows[from … to)` and orders them. */
  fill(scores: ArrayLike<number>, labels: ArrayLike<number>, rows: Uint32Array, from: number, to: number): void {
    this.count = to - from;
    for (let i = from, at = 0; i < to; i++, at++) {
      this.scores[at] = scores[rows[i] as number] as number;
      this.labels[at] = labels[rows[i] as number] as number;
    }
    for (let start = 0; start < this.count; start += run) this.insert(start, Math.min(start + run, this.count));
    for (let width = run; width < this.count; width *= 2) {
      for (let start = 0; start < this.count; start += 2 * width) this.merge(start, Math.min(start + width, this.count), Math.min(start + 2 * width, this.count));
      [this.scores, this.otherScores] = [this.otherScores, this.scores];
      [this.labels, this.otherLabels] = [this.otherLabels, this.labels];
    }
  }

  private insert(start: number, end: number): void {
    const { scores, labels } = this;
    for (let i = start + 1; i < end; i++) {
      const score = scores[i] as number;
      const label = labels[i] as number;
      let at = i;
      for (; at > start && (scores[at - 1] as number) < score; at--) {
        scores[at] = scores[at - 1] as number;
        labels[at] = labels[at - 1] as number;
      }
      scores[at] = score;
      labels[at] = label;
    }
  }

  private merge(start: number, middle: number, end: number): void {
    const { scores, labels, otherScores, otherLabels } = this;
    let [left, right] = [start, middle];
    for (let at = start; at < end; at++) {
      const from = left < middle && (right >= end || (scores[left] as number) >= (scores[right] as number)) ? left++ : right++;
      otherScores[at] = scores[from] as number;
      otherLabels[at] = labels[from] as number;
    }
  }
}
