/**
 * One query's rows, ordered by score: room that is used again from query to query, so that ordering millions of lists allocates nothing.
 * Only what the first k places need is kept: rows above the k-th score in order, then all rows that tie with it.
 */

/** The head of a list: scores descending with their labels. */
export class ScoredList {
  readonly scores: Float64Array; // [count] the head
  readonly labels: Float64Array; // [count]
  readonly all: Float64Array; // [rows] labels of the whole list, in the order of rows
  /** Rows of the head: k, or more where rows tie with the k-th, or all there are. */
  count = 0;
  rows = 0;
  /** Rows of the whole list with at least the least relevant label. */
  relevant = 0;
  /** Whether all labels are 0 or 1, and 1 is relevant. */
  binary = true;

  /** @param longest rows of the longest list @param k places that matter @param least lowest relevant label */
  constructor(
    longest: number,
    private readonly k: number,
    private readonly least: number,
  ) {
    this.scores = new Float64Array(longest);
    this.labels = new Float64Array(longest);
    this.all = new Float64Array(longest);
  }

  /** Takes the rows `rows[from … to)`, or `from … to` themselves. */
  fill(
    scores: ArrayLike<number>,
    labels: ArrayLike<number>,
    rows: Uint32Array | undefined,
    from: number,
    to: number,
  ): void {
    const { scores: head, labels: headLabels, all, k, least } = this;
    let relevant = 0;
    let binary = least <= 1;
    let count = 0; // the best k so far, by insertion: later rows seldom get in
    let missed = 0; // rows that tied with the k-th when they came, or were pushed out
    for (let i = from; i < to; i++) {
      const row = rows === undefined ? i : rows[i]!;
      const label = labels[row]!;
      const score = scores[row]!;
      all[i - from] = label;
      if (label >= least) relevant++;
      if (label !== 0 && label !== 1) binary = false;
      let at: number;
      if (count < k) at = count++;
      else if (score > head[k - 1]!) {
        at = k - 1;
        missed++;
      } else {
        if (score === head[k - 1]) missed++;
        continue;
      }
      for (; at > 0 && head[at - 1]! < score; at--) {
        head[at] = head[at - 1]!;
        headLabels[at] = headLabels[at - 1]!;
      }
      head[at] = score;
      headLabels[at] = label;
    }
    this.rows = to - from;
    this.relevant = relevant;
    this.binary = binary;
    this.count = missed > 0 ? this.addTies(scores, rows, from, to) : count;
  }

  /** Puts all rows that tie with the k-th behind those above it. */
  private addTies(scores: ArrayLike<number>, rows: Uint32Array | undefined, from: number, to: number): number {
    const { scores: head, labels, all, k } = this;
    const last = head[k - 1]!;
    let count = k;
    while (count > 0 && head[count - 1] === last) count--;
    for (let i = from; i < to; i++) {
      if (scores[rows === undefined ? i : rows[i]!] !== last) continue;
      head[count] = last;
      labels[count++] = all[i - from]!;
    }
    return count;
  }
}
