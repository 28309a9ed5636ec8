/**
 * A set of (user, video) pairs by open addressing in two Int32Arrays: tens of bytes per pair and tens of nanoseconds per look-up, no
 * objects.
 */

/** A growing set of pairs of non-negative 32-bit integers. */
export class PairSet {
  #size = 0;
  #left: Int32Array;
  #right: Int32Array;
  #mask: number;

  /** `expected`: how many pairs to make room for. */
  constructor(expected = 0) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.#left = new Int32Array(capacity).fill(-1);
    this.#right = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** Number of pairs. */
  get size(): number {
    return this.#size;
  }

  /** Whether the pair is in the set. */
  has(left: number, right: number): boolean {
    return this.#left[this.#slot(left, right)] !== -1;
  }

  /** Adds a pair; adding it again changes nothing. */
  add(left: number, right: number): void {
    const slot = this.#slot(left, right);
    if (this.#left[slot] !== -1) return;
    this.#left[slot] = left;
    this.#right[slot] = right;
    if (++this.#size * 2 > this.#mask) this.#grow();
  }

  /** All pairs, sorted by left, then right. // [size] each */
  pairs(): { readonly left: Int32Array; readonly right: Int32Array } {
    const slots = [...this.#left.keys()].filter((slot) => this.#left[slot] !== -1);
    slots.sort((a, b) => this.#left[a]! - this.#left[b]! || this.#right[a]! - this.#right[b]!);
    return {
      left: Int32Array.from(slots, (slot) => this.#left[slot]!),
      right: Int32Array.from(slots, (slot) => this.#right[slot]!),
    };
  }

  /** The slot that holds the pair, or the empty one where it would go. */
  #slot(left: number, right: number): number {
    let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    let slot = (h ^ (h >>> 13)) & this.#mask;
    while (this.#left[slot] !== -1 && (this.#left[slot] !== left || this.#right[slot] !== right))
      slot = (slot + 1) & this.#mask;
    return slot;
  }

  #grow(): void {
    const bigger = new PairSet(this.#mask + 1);
    for (let i = 0; i <= this.#mask; i++) {
      if (this.#left[i] !== -1) bigger.add(this.#left[i]!, this.#right[i]!);
    }
    this.#left = bigger.#left;
    this.#right = bigger.#right;
    this.#mask = bigger.#mask;
  }
}
