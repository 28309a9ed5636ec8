/**
 * The best few of many: positions of the n largest scores, best first, ties to the smaller id. A bounded heap, so 60 of
 * 1,000 cost little more than one pass; scratch memory is the caller's.
 */

/**
 * Writes into `into` the positions p in [from, to) with the n best `score[p]`, best first, and returns how many there are
 * (fewer than n where fewer exist). Positions with id -1 or score -Infinity are left out. `into` must hold n values.
 */
export function topPositions(
  score: ArrayLike<number>,
  id: Int32Array,
  from: number,
  to: number,
  n: number,
  into: Int32Array,
): number {
  let size = 0;
  for (let at = from; at < to; at++) {
    if (id[at]! < 0 || score[at]! === -Infinity) continue;
    if (size < n) {
      into[size] = at;
      size++;
      if (size === n) for (let root = (n >>> 1) - 1; root >= 0; root--) sink(score, id, into, root, n);
    } else if (isBefore(score, id, at, into[0]!)) {
      into[0] = at;
      sink(score, id, into, 0, n);
    }
  }
  if (size < n) for (let root = (size >>> 1) - 1; root >= 0; root--) sink(score, id, into, root, size);
  for (let last = size - 1; last > 0; last--) {
    const worst = into[0]!;
    into[0] = into[last]!;
    into[last] = worst;
    sink(score, id, into, 0, last);
  }
  return size;
}

/** Restores the heap below `root`: the worst of all is at its top. */
function sink(score: ArrayLike<number>, id: Int32Array, heap: Int32Array, root: number, size: number): void {
  const moved = heap[root]!;
  for (let child = 2 * root + 1; child < size; child = 2 * root + 1) {
    if (child + 1 < size && isBefore(score, id, heap[child]!, heap[child + 1]!)) child++;
    if (!isBefore(score, id, moved, heap[child]!)) break;
    heap[root] = heap[child]!;
    root = child;
  }
  heap[root] = moved;
}

function isBefore(score: ArrayLike<number>, id: Int32Array, a: number, b: number): boolean {
  const difference = score[a]! - score[b]!;
  return difference > 0 || (difference === 0 && id[a]! < id[b]!);
}
