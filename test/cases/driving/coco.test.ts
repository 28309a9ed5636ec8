/** Values of pycocotools (version in coco.json, made by coco.py), and cases with a known answer. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { averagePrecision, type Found, iou, type Truths } from "../../../src/cases/driving/coco.js";

interface Columns {
  readonly picture: number[];
  readonly kind: number[];
  readonly box: number[];
}
interface Recorded {
  readonly name: string;
  readonly kinds: number;
  readonly most: number;
  readonly area: [number, number] | null;
  readonly truths: Columns & { readonly ignored: number[] };
  readonly found: Columns & { readonly score: number[] };
  readonly ap: number;
  readonly ap50: number;
  readonly byKind: (number | null)[];
  readonly recall: number;
}
const { cases } = JSON.parse(readFileSync(new URL("coco.json", import.meta.url), "utf8")) as { cases: Recorded[] };

const boxes = ({ picture, kind, box }: Columns) => ({
  ...{ picture: Int32Array.from(picture), kind: Uint8Array.from(kind), box: Float32Array.from(box) },
});
const truthsOf = (of: Recorded["truths"]): Truths => ({ ...boxes(of), ignored: Uint8Array.from(of.ignored) });
const foundOf = (of: Recorded["found"]): Found => ({ ...boxes(of), score: Float32Array.from(of.score) });

describe("average precision", () => {
  it.each(cases.map((one) => [one.name, one] as const))("equals pycocotools: %s", (_, one) => {
    const { kinds, most, area } = one;
    const asked = ({ box }: { box: Float32Array }, i: number): boolean => {
      const size = box[4 * i + 2]! * box[4 * i + 3]!;
      return area === null || (size >= area[0] && size <= area[1]);
    };
    const got = averagePrecision(truthsOf(one.truths), foundOf(one.found), { kinds, most, asked });
    expect(got.ap).toBeCloseTo(one.ap, 9);
    expect(got.ap50).toBeCloseTo(one.ap50, 9);
    expect(got.recall).toBeCloseTo(one.recall, 9);
    expect(got.byKind.map((ap) => (Number.isNaN(ap) ? null : Number(ap.toFixed(9))))).toEqual(
      one.byKind.map((ap) => ap && Number(ap.toFixed(9))),
    );
  });

  it("is 1 where all is found, 0 where nothing is, NaN where nothing is there", () => {
    const one = { picture: [0, 0], kind: [0, 1], box: [1, 1, 4, 4, 9, 9, 2, 8] };
    const truths = truthsOf({ ...one, ignored: [0, 0] });
    expect(averagePrecision(truths, foundOf({ ...one, score: [0.9, 0.1] }), { kinds: 2 }).ap).toBeCloseTo(1, 12);
    const none = { picture: [], kind: [], box: [] };
    expect(averagePrecision(truths, foundOf({ ...none, score: [] }), { kinds: 2 }).ap).toBe(0);
    expect(
      averagePrecision(truthsOf({ ...none, ignored: [] }), foundOf({ ...one, score: [1, 1] }), { kinds: 2 }).ap,
    ).toBeNaN();
  });

  it("overlaps: equal boxes 1, apart 0, half over half a third", () => {
    expect(iou([0, 0, 2, 2], [0, 0, 2, 2])).toBe(1);
    expect(iou([0, 0, 2, 2], [2, 0, 2, 2])).toBe(0);
    expect(iou([0, 0, 2, 1], [1, 0, 2, 1])).toBeCloseTo(1 / 3, 12);
  });
});
