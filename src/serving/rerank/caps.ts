/**
 * Caps: at most so many videos of one group (a creator, a topic, a rule's videos) on a page. They hold for the pool, so any page that
 * exploration draws from it keeps them; videos that stand on the page already (pins) count.
 */

/** One cap. */
export interface Cap {
  readonly reason: string;
  readonly most: number;
  /** The video's group; -1: in none. */
  readonly groupOf: (video: number) => number;
}

/** Hears of each candidate (its place in `video`) that a cap leaves no room for. */
export type OnCapped = (item: number, reason: string) => void;

/** Closes the open candidates of the groups that are full once `newest` stands beside `others`. */
export function closeFull(
  caps: readonly Cap[],
  newest: number,
  others: Iterable<number>,
  video: Int32Array,
  n: number,
  open: Uint8Array,
  onCapped?: OnCapped,
): void {
  for (const { groupOf, most, reason } of caps) {
    const group = groupOf(newest);
    if (group < 0) continue;
    let held = 1;
    for (const other of others) if (groupOf(other) === group) held++;
    if (held < most) continue;
    for (let item = 0; item < n; item++) {
      if (open[item] === 0 || groupOf(video[item]!) !== group) continue;
      open[item] = 0;
      onCapped?.(item, reason);
    }
  }
}
