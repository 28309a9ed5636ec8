import { describe, expect, it } from "vitest";
import { decode, detectorNet, train } from "../../../src/cases/driving/detector.js";
import { deathRisk, drawApproach, driven, stoppingDistance, tuned, watch } from "../../../src/cases/driving/drive.js";
import { paint, pixels } from "../../../src/cases/driving/pictures.js";
import {
  asideOf,
  boxOf,
  camera,
  distanceOf,
  drawScene,
  hardTraffic,
  type Scene,
  thing,
  usualTraffic,
} from "../../../src/cases/driving/scenes.js";
import { movedUp } from "../../../src/cases/driving/bad-day.js";
import { collisions, drive, harm } from "../../../src/cases/driving/harm.js";
import { designs } from "../../../src/cases/driving/ladder.js";
import { exportNet, openGraph, outputsOf } from "../../../src/cases/picture-net.js";

const red = [1, 0.1, 0.1];
const street = (...things: Scene["things"]): Scene => ({ light: "day", things, turn: 0, key: 7 });

describe("street scenes", () => {
  it("stand where their boxes say: distance and side from the lower edge", () => {
    for (const [x, z] of [
      [0, 6],
      [-3.5, 20],
      [1.2, 47],
    ] as const) {
      const box = boxOf(thing("pedestrian", x, z, red), 0);
      expect(distanceOf(box)).toBeCloseTo(z, 9);
      expect(asideOf(box)).toBeCloseTo(x, 9);
    }
    expect(distanceOf([0, 0, 5, camera.horizon])).toBe(Infinity);
  });

  it("are the same for the same seed, and differ by seed and by stage", () => {
    const of = (seed: number, stage: string): Float32Array => paint([drawScene(seed, stage, 3, hardTraffic)]).pictures;
    expect(of(1, "test")).toEqual(of(1, "test"));
    expect(of(1, "test")).not.toEqual(of(2, "test"));
    expect(of(1, "test")).not.toEqual(of(1, "training"));
  });

  it("hide what stands behind: nobody asks for it", () => {
    const behind = thing("pedestrian", 0, 20, red);
    const { truths } = paint([street(behind, thing("car", 0, 10, red)), street(behind, thing("car", 3.5, 10, red))]);
    const asked = Array.from(truths.kind).flatMap((kind, i) => (kind === 2 ? [truths.ignored[i]] : []));
    expect(asked).toEqual([1, 0]);
  });

  it("at night what is far and beside the lamps is darker", () => {
    const light = (scene: Scene): number => paint([scene]).pictures.reduce((sum, x) => sum + x, 0) / pixels;
    const day = street(thing("car", 0, 10, red));
    expect(light({ ...day, light: "night" })).toBeLessThan(0.4 * light(day));
  });
});

describe("the detector", () => {
  const one = paint([drawScene(1, "test", 0, usualTraffic)]);

  it("says a box for a cell with a high logit, and keeps the better of two that overlap", () => {
    const outputs = new Float32Array(12 * 12 * 7).fill(-9);
    const put = (row: number, column: number, logit: number, dx: number): void =>
      void outputs.set([-9, -9, logit, dx, 0.5, Math.log(1), Math.log(3)], (row * 12 + column) * 7);
    put(5, 4, 2, 0.5);
    put(5, 5, 1, -0.3); // its middle is two pixels to the right of the other's
    const { kind, box, score } = decode(outputs);
    expect(Array.from(kind)).toEqual([2]);
    expect(Array.from(box)).toEqual([32, 32, 8, 24]);
    expect(score[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  });

  it("learns: a hundred steps lower the loss; twice the same", { timeout: 60_000 }, async () => {
    const run = async () => {
      const losses: number[] = [];
      const net = await train(
        detectorNet("net", 1),
        designs.hard,
        { seed: 1, count: 400 },
        {
          onProgress: (_, __, ___, detail) => void losses.push(Number(/[\d.]+/.exec(detail ?? "")?.[0])),
        },
      );
      return { losses, outputs: outputsOf(net, one.pictures) };
    };
    const [a, b] = [await run(), await run()];
    const finite = a.losses.filter(Number.isFinite);
    expect(finite.at(-1)).toBeLessThan(0.8 * finite[0]!);
    expect(a.outputs).toEqual(b.outputs);
  });

  it("is served as it was trained", async () => {
    const net = detectorNet("net", 2);
    const graph = await openGraph(exportNet(net), net);
    const [served, trained] = [await graph.run(one.pictures), outputsOf(net, one.pictures)];
    await graph.close();
    for (let i = 0; i < served.length; i++) expect(served[i]).toBeCloseTo(trained[i]!, 3);
  });
});

describe("the drive", () => {
  it("stops as physics has it, and who is hit at 50 km/h dies one time in twelve", () => {
    expect(stoppingDistance(36, false, { speeds: [36], lights: [1, 0, 0], delay: 0.5, dry: 5, wet: 2.5 })).toBeCloseTo(
      15,
      9,
    );
    expect(stoppingDistance(36, true, { speeds: [36], lights: [1, 0, 0], delay: 0.5, dry: 5, wet: 2.5 })).toBeCloseTo(
      25,
      9,
    );
    expect(deathRisk(50)).toBeCloseTo(1 / (1 + Math.exp(2.4)), 12);
    expect(deathRisk(0)).toBe(0);
  });

  it("who sees everything hits nothing that stands on the lane; who sees nothing hits all at full speed", async () => {
    const blind = {
      picture: new Int32Array(0),
      kind: new Uint8Array(0),
      box: new Float32Array(0),
      score: new Float32Array(0),
    };
    const { names, tuning, free, blocked } = await drive(
      5,
      [{ name: "blind", find: () => blind }],
      {},
      { tuning: 4, free: 4, blocked: 12 },
    );
    expect(names).toEqual(["blind", "sees everything"]);
    for (const one of blocked) {
      expect(driven(one, blind, 0.5).impact).toBeCloseTo(3.6 * one.approach.closing, 9);
      if (one.approach.kind === "car") expect(driven(one, one.found[1]!, 0.5).impact).toBe(0);
    }
    for (const one of free) expect(driven(one, blind, 0.5)).toEqual({ brakedAt: NaN, impact: 0 });
    const found = { names, tuning, free, blocked };
    const [none, all] = harm(found) as [ReturnType<typeof harm>[number], ReturnType<typeof harm>[number]];
    expect(none).toMatchObject({ collisions: 1, falseBrakes: 0 });
    expect(all.collisions).toBeLessThan(0.7);
    expect(collisions(blocked, [none, all])).toEqual([none.collisions, all.collisions]);
    expect(all.missed.filter(Number.isFinite).every((share) => share < 0.2)).toBe(true);
  });

  it("a camera that hangs lower moves all rows up by two", () => {
    const moved = movedUp(Float32Array.from({ length: pixels }, (_, i) => Math.floor(i / (3 * camera.side))));
    expect([0, 50, 93, 94, 95].map((row) => moved[row * 3 * camera.side + 5])).toEqual([2, 52, 95, 95, 95]);
  });

  it("a threshold is the lowest that brakes seldom enough", async () => {
    const ghost = {
      picture: Int32Array.of(0, 1, 2),
      kind: Uint8Array.of(2, 2, 2),
      score: Float32Array.of(0.5, 0.5, 0.5),
    };
    const box = Float32Array.from([0, 1, 2].flatMap(() => boxOf(thing("pedestrian", 0, 8, red), 0)));
    const one = await watch(drawApproach(5, "free", 0, false), [() => ({ ...ghost, box })]);
    expect(tuned([one], 0, 1)).toBeCloseTo(0.02, 9);
    expect(tuned([one], 0, 0)).toBeCloseTo(0.52, 9);
  });
});
