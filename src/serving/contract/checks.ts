/**
 * The contract of policies: what every policy keeps, whatever it recommends. A list of named checks for any test runner:
 *
 *   for (const check of policyContract(({ catalogue, seed, slots }) => myPolicy(…))) it(check.name, check.run);
 *
 * Each check opens policies of its own on a small catalogue and throws an Error with the fault, the value and what is allowed.
 */
import { candidateSources, policyComponents, type Catalogue, type Policy, type SlateBatch } from "../../types.js";
import { fakeCatalogue, fakeRequests, manyRequests, openThrough, pageOf } from "./small-platform.js";

/** One promise of the contract. `run` throws when it is broken. */
export interface PolicyCheck {
  readonly name: string;
  run(): Promise<void>;
}

/** What a policy is opened with. */
export interface PolicyUnderCheck {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly slots: number;
}
export type OpenUnderCheck = (options: PolicyUnderCheck) => Policy | Promise<Policy>;

/** What may be said of the policy; all optional. */
export interface PolicyContractOptions {
  readonly seed?: number; // of the first policy opened, default 1
  /** true: another seed must give other pages; false: the same ones; absent: not asked. */
  readonly seeded?: boolean;
}

const users = [0, 3, 4, 7, 11, 19];

/** The checks of a policy, in the order in which they are best read. `open` makes a fresh one each time. */
export function policyContract(open: OpenUnderCheck, options: PolicyContractOptions = {}): readonly PolicyCheck[] {
  const { seed = 1, seeded } = options;
  const catalogue = fakeCatalogue({ liveAtStart: 30 });
  const opened = async (
    asked: PolicyUnderCheck,
    day: number,
    use: (policy: Policy) => Promise<void>,
    events?: number,
  ) => {
    const policy = await open(asked);
    try {
      await openThrough(policy, asked.catalogue, day, events);
      await use(policy);
    } finally {
      await policy.close?.();
    }
  };
  /** Pages of two policies of these seeds for the same requests. */
  const pagesOf = async (...seeds: readonly number[]): Promise<readonly SlateBatch[]> => {
    const pages: SlateBatch[] = [];
    for (const one of seeds)
      await opened({ catalogue, seed: one, slots: 6 }, 2, async (policy) => {
        pages.push(await policy.recommend(manyRequests(2, 3, 40)), await policy.recommend(fakeRequests(2, users)));
      });
    return pages;
  };
  return [
    {
      name: "the same seed gives the same pages",
      async run() {
        const [a, b, c, d] = (await pagesOf(seed, seed)) as [SlateBatch, SlateBatch, SlateBatch, SlateBatch];
        if (!sameSlates(a, c) || !sameSlates(b, d))
          throw new Error(`two policies of seed ${seed} give different slates; allowed: the same`);
      },
    },
    ...(seeded === undefined ? [] : [seedCheck(seeded, seed, pagesOf)]),
    {
      name: "a batch is answered as each request alone",
      run: () => opened({ catalogue, seed: seed + 2, slots: 5 }, 2, checkBatch),
    },
    {
      name: "pages hold live videos only, none twice, with known codes and propensities in (0, 1]",
      async run() {
        for (const day of [0, 1, 2])
          await opened({ catalogue, seed: seed + 3, slots: 8 }, day, async (policy) =>
            checkSlates(await policy.recommend(manyRequests(day, 5, 60)), 60, 8, catalogue.liveVideos[day]!),
          );
      },
    },
    {
      name: "a page of more slots than there are videos ends in -1, with propensity 1 there",
      async run() {
        const few = fakeCatalogue({ videos: 3, topics: 2, creators: 3 });
        const asked = { catalogue: few, seed: seed + 4, slots: 5 };
        await opened(asked, 1, async (policy) => checkPads(await policy.recommend(fakeRequests(1, [2, 9])), 3), 40);
      },
    },
    {
      name: "the logged propensity of the first position is how often pages have that video there",
      async run() {
        const few = fakeCatalogue({ videos: 7, topics: 3, creators: 7 });
        const pages = 8_000;
        const asked = { catalogue: few, seed: seed + 5, slots: 3 };
        const use = async (policy: Policy): Promise<void> =>
          checkPropensities(await policy.recommend(manyRequests(1, 1, pages)), few.videos.count);
        await opened(asked, 1, use, 60);
      },
    },
    {
      name: "requests of a day that is not open are refused, naming both days",
      run: () =>
        opened({ catalogue, seed: seed + 6, slots: 4 }, 1, async (policy) => {
          const fault: unknown = await (async () => policy.recommend(fakeRequests(2, [1])))().then(
            () => undefined,
            (error: unknown) => error,
          );
          if (fault === undefined) throw new Error("requests of day 2 are answered on day 1; allowed: to refuse them");
          const message = fault instanceof Error ? fault.message : String(fault);
          if (!/day 2.*open day is 1/.test(message))
            throw new Error(`the refusal says "${message}"; allowed: "… day 2 … open day is 1"`);
        }),
    },
  ];
}

function seedCheck(
  seeded: boolean,
  seed: number,
  pagesOf: (...seeds: readonly number[]) => Promise<readonly SlateBatch[]>,
): PolicyCheck {
  return {
    name: seeded ? "another seed gives other pages" : "the seed changes nothing",
    async run() {
      const [one, , other] = (await pagesOf(seed, seed + 1)) as [SlateBatch, SlateBatch, SlateBatch];
      if (sameColumn(one.video, other.video) === seeded)
        throw new Error(
          seeded
            ? `seeds ${seed} and ${seed + 1} give the same pages; allowed: others, or seeded: false`
            : `seeds ${seed} and ${seed + 1} give other pages; allowed: the same, or seeded: true`,
        );
    },
  };
}

async function checkBatch(policy: Policy): Promise<void> {
  const batch = await policy.recommend(fakeRequests(2, users));
  const { slots } = batch;
  for (const [row, user] of users.entries()) {
    const alone = await policy.recommend(fakeRequests(2, [user]));
    const [one, many] = [pageOf(alone, 0).join(), pageOf(batch, row).join()];
    if (one !== many) throw new Error(`user ${user} alone gets videos ${one}, in a batch ${many}; allowed: the same`);
    for (let k = 0; k < slots; k++) {
      const [p, q] = [alone.propensity[k]!, batch.propensity[row * slots + k]!];
      if (!(Math.abs(p - q) <= 5e-13))
        throw new Error(`user ${user}, position ${k}: propensity ${p} alone, ${q} in a batch; allowed: the same`);
    }
    if (alone.component[0] !== batch.component[row])
      throw new Error(`user ${user}: component ${alone.component[0]} alone, ${batch.component[row]} in a batch`);
  }
}

function checkSlates(slates: SlateBatch, count: number, slots: number, live: number): void {
  const shape = [slates.count, slates.slots, slates.video.length, slates.propensity.length];
  if (shape.join() !== [count, slots, count * slots, count * slots].join())
    throw new Error(
      `slates are [count, slots, videos, propensities] ${shape.join(", ")}; allowed: ${count} × ${slots}`,
    );
  for (let row = 0; row < count; row++) {
    const shown = pageOf(slates, row).filter((video) => video >= 0);
    if (new Set(shown).size !== shown.length)
      throw new Error(`page ${row} holds a video twice: ${shown.join(", ")}; allowed: each once`);
    const most = Math.max(...shown);
    if (most >= live) throw new Error(`page ${row} holds video ${most}; allowed: live ones, 0 … ${live - 1}`);
    if (!(slates.component[row]! < policyComponents.length))
      throw new Error(`page ${row}: component ${slates.component[row]}; allowed: 0 … ${policyComponents.length - 1}`);
  }
  const propensity = slates.propensity.find((p) => !(p > 0 && p <= 1));
  if (propensity !== undefined) throw new Error(`a propensity is ${propensity}; allowed: above 0, at most 1`);
  const source = slates.source.find((code) => code >= candidateSources.length);
  if (source !== undefined) throw new Error(`a source is ${source}; allowed: 0 … ${candidateSources.length - 1}`);
}

function checkPads(slates: SlateBatch, videos: number): void {
  for (let row = 0; row < slates.count; row++) {
    const page = pageOf(slates, row);
    const shown = page.filter((video) => video >= 0).length;
    if (shown > videos) throw new Error(`page ${row} holds ${shown} videos; allowed: at most the ${videos} there are`);
    if (page.slice(shown).some((video) => video !== -1))
      throw new Error(`page ${row} is ${page.join(", ")}; allowed: empty slots at its end, as -1`);
    const pad = slates.propensity.subarray(row * slates.slots + shown, (row + 1) * slates.slots).find((p) => p !== 1);
    if (pad !== undefined) throw new Error(`page ${row}: an empty slot has propensity ${pad}; allowed: 1`);
  }
}

/** Within 4.5 standard errors of each video's share of first positions; what was met sums to 1, but for videos too rare to be met. */
function checkPropensities(slates: SlateBatch, videos: number): void {
  const { count: pages, slots } = slates;
  const [shown, logged] = [new Float64Array(videos), new Float64Array(videos)];
  for (let row = 0; row < pages; row++) {
    const video = slates.video[row * slots]!;
    shown[video]! += 1;
    logged[video] = slates.propensity[row * slots]!;
  }
  for (let video = 0; video < videos; video++) {
    const propensity = logged[video]!;
    const share = shown[video]! / pages;
    const standardError = Math.sqrt((propensity * (1 - propensity)) / pages);
    if (!(Math.abs(share - propensity) <= 4.5 * standardError + 1e-12))
      throw new Error(
        `video ${video} comes first on ${share} of pages with propensity ${propensity}; allowed: the same`,
      );
  }
  const sum = logged.reduce((total, propensity) => total + propensity, 0);
  const tooRare = shown.filter((n) => n === 0).length * (14 / pages); // met in 8,000 pages but for one chance in a million
  if (!(sum <= 1 + 5e-7 && sum >= 1 - 5e-7 - tooRare))
    throw new Error(`propensities of the first position sum to ${sum} over the videos met; allowed: 1`);
}

function sameSlates(a: SlateBatch, b: SlateBatch): boolean {
  const columns = ["video", "source", "propensity", "component"] as const;
  return a.count === b.count && a.slots === b.slots && columns.every((name) => sameColumn(a[name], b[name]));
}

function sameColumn(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((value, i) => value === b[i]);
}
