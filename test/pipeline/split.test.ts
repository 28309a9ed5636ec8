/** An A/B test in one world: who is assigned, and what that does to the check of the sample ratio. */
import { expect, it } from "vitest";
import { sampleRatio } from "../../src/evaluation/index.js";
import { pastOf, playSplit, setting, simulateLog, type LocalArm, type SplitArm } from "../../src/pipeline/index.js";
import { smallPlatform } from "../support/small-platform.js";

const arms: readonly LocalArm[] = [
  { name: "popularity", policy: { kind: "popularity" } },
  { name: "random pages", policy: { kind: "uniform" } },
];
const users = ({ assigned }: SplitArm): number => assigned.reduce((sum, is) => sum + is, 0);

it("a treatment that drives users away shows as SRM on active users and not on assigned ones", async () => {
  const { datasets } = smallPlatform();
  // a world in which a dissatisfied user hardly comes back
  const world = {
    users: 800,
    videos: 200,
    days: 1,
    extraDays: 8,
    visitSatisfaction: 6,
    churnBase: 0.06,
    churnSlope: 5,
  };
  const past = pastOf(await simulateLog(setting({ scale: "tiny", seed: 5, datasets, world })));
  const best: LocalArm = { name: "best pages", policy: { kind: "oracle", goal: "satisfaction" } };
  const played = await playSplit(past, [best, arms[1]!], { users: 800, days: 8, salt: "away" });
  const lastDay = past.firstDay + 7;
  const activeAtTheEnd = ({ userDays: { user, day, visits } }: SplitArm): number =>
    user.filter((_, row) => visits[row]! > 0 && day[row] === lastDay).length;
  expect(sampleRatio(played.map(users)).pValue).toBeGreaterThan(0.01);
  expect(sampleRatio(played.map(activeAtTheEnd)).mismatch).toBe(true);
  for (const arm of played) expect(new Set(arm.userDays.user).size).toBe(users(arm)); // zeros are in the rows
}, 60_000);

it("splits by user and salt, in the shares asked for, and plays the same bytes again", async () => {
  const past = pastOf(await simulateLog(smallPlatform()));
  const play = (salt: string) => playSplit(past, arms, { users: 120, days: 2, salt, shares: [0.5, 0.25] });
  const [one, again, other] = [await play("a"), await play("a"), await play("b")];
  expect(again).toEqual(one);
  expect(other[0]!.assigned).not.toEqual(one[0]!.assigned);
  expect(one[0]!.assigned.every((is, user) => is + one[1]!.assigned[user]! < 2)).toBe(true);
  expect(users(one[0]!) + users(one[1]!)).toBeLessThan(110); // a quarter is in none
});
