/** For each check of the policy contract a policy that keeps all the others: so each check is needed, and each can fail. */
import { describe, expect, it } from "vitest";
import { policyContract, type OpenUnderCheck } from "../../../src/serving/contract/checks.js";
import { createUniformPolicy } from "../../../src/serving/uniform-policy.js";
import type { Policy, RequestBatch, SlateBatch } from "../../../src/types.js";

/** A uniform policy whose slates (or requests before it) are changed. */
function changed(
  open: OpenUnderCheck,
  change: (slates: SlateBatch, requests: RequestBatch) => void,
  before: (requests: RequestBatch) => RequestBatch = (requests) => requests,
): OpenUnderCheck {
  return async (options) => {
    const policy = await open(options);
    return {
      ...policy,
      async recommend(requests): Promise<SlateBatch> {
        const slates = await policy.recommend(before(requests));
        change(slates, requests);
        return slates;
      },
    };
  };
}

let opened = 0;
const broken: Readonly<Record<string, OpenUnderCheck>> = {
  "the same seed gives the same pages": (options) =>
    createUniformPolicy({ ...options, seed: options.seed * 1000 + opened++ }),
  "another seed gives other pages": (options) => createUniformPolicy({ ...options, seed: 1 }),
  "a batch is answered as each request alone": changed(
    createUniformPolicy,
    () => undefined,
    (requests) => ({ ...requests, request: requests.request.map((id) => id + requests.count) }),
  ),
  "pages hold live videos only, none twice, with known codes and propensities in (0, 1]": changed(
    createUniformPolicy,
    ({ count, slots, video }) => {
      for (let row = 0; row < count; row++) video[row * slots + 1] = video[row * slots]!;
    },
  ),
  "a page of more slots than there are videos ends in -1, with propensity 1 there": changed(
    createUniformPolicy,
    ({ count, slots, video }) => {
      for (let row = 0; row < count; row++)
        video.subarray(row * slots, (row + 1) * slots).sort((a, b) => (a < 0 ? -1 : b < 0 ? 1 : 0));
    },
  ),
  "the logged propensity of the first position is how often pages have that video there": changed(
    createUniformPolicy,
    ({ propensity }) => void propensity.fill(1),
  ),
  "requests of a day that is not open are refused, naming both days": (options): Policy => {
    const policy = createUniformPolicy(options);
    let today = -1;
    return {
      ...policy,
      openDay: (day, yesterday) => policy.openDay((today = day), yesterday),
      recommend: (requests) => policy.recommend({ ...requests, day: today }),
    };
  },
};

describe("the policy contract", () => {
  it("has a broken policy for each check", () => {
    const names = policyContract(createUniformPolicy, { seeded: true }).map(({ name }) => name);
    expect(Object.keys(broken)).toEqual(names);
  });

  it.each(Object.entries(broken))("alone catches: %s", async (name, open) => {
    const caught: string[] = [];
    for (const check of policyContract(open, { seeded: true }))
      await check.run().catch((error: Error) => {
        caught.push(check.name);
        expect(error.message).toMatch(/; allowed: /);
      });
    expect(caught).toEqual([name]);
  });

  it("lets a policy say that its seed changes nothing, and holds it to that", async () => {
    const check = policyContract(createUniformPolicy, { seeded: false }).find(({ name }) =>
      /changes nothing/.test(name),
    )!;
    await expect(check.run()).rejects.toThrow("seeds 1 and 2 give other pages; allowed: the same, or seeded: true");
  });
});
