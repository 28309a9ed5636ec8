/**
 * Average precision of boxes as COCO defines it (Lin et al., 2014; pycocotools' COCOeval for boxes): per picture and kind, detections by
 * score take the free truth with the largest overlap of at least t; precision at 101 recalls, the best to the right of each, is averaged
 * over t = .50, .55, … .95 and over kinds that have a truth.
 */

/** Boxes of many pictures. */
export interface Boxes {
  readonly picture: Int32Array; // [boxes]
  readonly kind: Uint8Array; // [boxes] 0 … kinds − 1
  readonly box: Float32Array; // [boxes, 4] left, top, width, height in pixels
}
/** What is there. */
export interface Truths extends Boxes {
  readonly ignored: Uint8Array; // [boxes] 1: not asked; found or not, it counts nothing
}
/** What was found. */
export interface Found extends Boxes {
  readonly score: Float32Array;
}

/** What of them is judged. */
export interface PrecisionOptions {
  readonly kinds: number;
  readonly ious?: readonly number[];
  readonly most?: number; // detections of a picture and kind, by score; default 100
  /** Others are ignored, as COCO ignores what is out of a range of areas: such a detection counts only where it takes a truth. */
  readonly asked?: (boxes: Boxes, i: number) => boolean;
}

/** NaN: no kind has a truth (COCO writes −1). */
export interface Precision {
  readonly ap: number;
  readonly ap50: number;
  readonly byKind: readonly number[];
  readonly recall: number; // share of truths found, mean over overlaps and kinds
}

const usualIous = Array.from({ length: 10 }, (_, i) => 0.5 + 0.05 * i);

/** Intersection over union of two boxes. */
export function iou(a: ArrayLike<number>, b: ArrayLike<number>, at = 0, bt = 0): number {
  const wide = Math.min(a[at]! + a[at + 2]!, b[bt]! + b[bt + 2]!) - Math.max(a[at]!, b[bt]!);
  const high = Math.min(a[at + 1]! + a[at + 3]!, b[bt + 1]! + b[bt + 3]!) - Math.max(a[at + 1]!, b[bt + 1]!);
  if (wide <= 0 || high <= 0) return 0;
  return (wide * high) / (a[at + 2]! * a[at + 3]! + b[bt + 2]! * b[bt + 3]! - wide * high);
}

/** Judges boxes. */
export function averagePrecision(truths: Truths, found: Found, options: PrecisionOptions): Precision {
  const { kinds, ious = usualIous } = options;
  const byKind: number[][] = [];
  const recalls: number[] = [];
  for (let kind = 0; kind < kinds; kind++) {
    const { taken, truthCount } = matchKind(truths, found, kind, { ...options, ious });
    if (truthCount === 0) {
      byKind.push(ious.map(() => NaN));
      continue;
    }
    const curves = ious.map((_, t) =>
      curveOf(
        taken.map((of) => of[t]!),
        truthCount,
      ),
    );
    byKind.push(curves.map(({ ap }) => ap));
    recalls.push(mean(curves.map(({ recall }) => recall)));
  }
  const there = byKind.filter(([first]) => !Number.isNaN(first));
  const half = ious.findIndex((t) => Math.abs(t - 0.5) < 1e-9);
  return {
    ap: mean(there.map(mean)),
    ap50: half < 0 ? NaN : mean(there.map((aps) => aps[half]!)),
    byKind: byKind.map(mean),
    recall: mean(recalls),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Of each detection, by score over all pictures, and each overlap: 1 it takes a truth, 0 it takes none, −1 it counts nothing. */
function matchKind(
  truths: Truths,
  found: Found,
  kind: number,
  { ious, most = 100, asked = () => true }: PrecisionOptions & { ious: readonly number[] },
): { taken: Int8Array[]; truthCount: number } {
  const [there, seen] = [byPicture(truths, kind), byPicture(found, kind)];
  const all: { score: number; taken: Int8Array }[] = [];
  let truthCount = 0;
  const pictures = [...new Set([...there.keys(), ...seen.keys()])].sort((a, b) => a - b);
  for (const picture of pictures) {
    const ignored = (i: number): boolean => truths.ignored[i] === 1 || !asked(truths, i);
    const some = there.get(picture) ?? [];
    const order = [...some.filter((i) => !ignored(i)), ...some.filter(ignored)]; // the ignored ones last
    const counted = order.findIndex(ignored) < 0 ? order.length : order.findIndex(ignored);
    truthCount += counted;
    const detections = (seen.get(picture) ?? [])
      .sort((a, b) => found.score[b]! - found.score[a]! || a - b)
      .slice(0, most);
    const rows = detections.map((d) => ({ score: found.score[d]!, taken: new Int8Array(ious.length) }));
    ious.forEach((least, t) => {
      const free = order.map(() => true);
      detections.forEach((d, row) => {
        let [best, at] = [Math.min(least, 1 - 1e-10), -1];
        for (let g = 0; g < order.length; g++) {
          if (!free[g]) continue;
          if (at >= 0 && at < counted && g >= counted) break; // a truth that is asked is not given up for one that is not
          const overlap = iou(found.box, truths.box, 4 * d, 4 * order[g]!);
          if (overlap < best) continue;
          [best, at] = [overlap, g];
        }
        if (at >= 0) free[at] = false;
        rows[row]!.taken[t] = at < 0 ? (asked(found, d) ? 0 : -1) : at < counted ? 1 : -1;
      });
    });
    all.push(...rows);
  }
  const taken = all.sort((a, b) => b.score - a.score).map((row) => row.taken); // sort is stable
  return { taken, truthCount };
}

function byPicture({ picture, kind }: Boxes, of: number): Map<number, number[]> {
  const out = new Map<number, number[]>();
  picture.forEach((p, i) => {
    if (kind[i] !== of) return;
    const known = out.get(p);
    if (known) known.push(i);
    else out.set(p, [i]);
  });
  return out;
}

/** Area under the envelope of precision at 101 recalls, and the recall that is reached. */
function curveOf(taken: readonly number[], truthCount: number): { ap: number; recall: number } {
  const counts = taken.filter((one) => one >= 0);
  const [precision, recall] = [new Float64Array(counts.length), new Float64Array(counts.length)];
  let hits = 0;
  counts.forEach((one, i) => {
    hits += one;
    [precision[i], recall[i]] = [hits / (i + 1 + Number.EPSILON), hits / truthCount];
  });
  for (let i = counts.length - 1; i > 0; i--) precision[i - 1] = Math.max(precision[i - 1]!, precision[i]!);
  let [sum, at] = [0, 0];
  for (let r = 0; r <= 100; r++) {
    while (at < counts.length && recall[at]! < 0.01 * r) at++;
    if (at < counts.length) sum += precision[at]!;
  }
  return { ap: sum / 101, recall: hits / truthCount };
}
