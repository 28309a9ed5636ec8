/** A cell: one strategy in one world, played on a copy of the world at its log's end, judged by the oracle. Kept by what it is made of. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  artifactId,
  codeHash,
  makeOrLoad,
  readManifest,
  writeJsonAtomic,
  type ArtifactSpec,
} from "../../artifacts/index.js";
import { gini } from "../../evaluation/index.js";
import type { ArmContext, LocalArm, OpenedPolicy } from "../../pipeline/arms/arm.js";
import { pastOfTrained } from "../../pipeline/arms/past.js";
import { play } from "../../pipeline/arms/play.js";
import { modulesOf, openArm } from "../../pipeline/arms/registry.js";
import type { Setting } from "../../pipeline/setting.js";
import { trainModels, type Trained } from "../../pipeline/train.js";
import { gumbel, keyOf, uniform } from "../../random.js";
import type { FunnelPolicy } from "../../serving/index.js";
import type { Catalogue, Day, Impressions, Policy, RunControl, SlateBatch, UserDays } from "../../types.js";
import { openOracle, thumbnails, type Oracle, type World } from "../../world/index.js";
import { openTrained } from "../benchmark/world-source.js";
import { pageJudge } from "../page-judge.js";
import { withRemedy } from "./remedies.js";
import type { Strategy } from "./strategies.js";

/** Interactions of a user (clicked videos), or impressions of a video, before the page: the first of each bin. */
export const bins = [0, 1, 2, 5, 10, 20] as const;

/** Expected watch time of what was shown and of the best pages in its place, ms. */
export interface RegretBin {
  readonly from: number;
  readonly shown: number; // pages of newcomers, or impressions of uploads
  readonly expected: number;
  readonly best: number;
}

/** What a strategy did. Minutes are per assigned user-day, zeros included. */
export interface ColdCell {
  readonly seed: number;
  readonly strategy: string;
  readonly newcomers: number;
  readonly users: readonly RegretBin[]; // by the newcomer's interactions
  readonly videos: readonly RegretBin[]; // by the upload's impressions
  readonly hitPages: number; // pages until a newcomer's first click, `mostPages` where there is none in as many
  readonly values: Readonly<Record<ColdValue, number>>;
}

/** Values of a cell that are numbers. */
export type ColdValue =
  | "newcomerMinutes"
  | "newcomerReturn" // share of newcomers that come back on the day after joining
  | "newcomerActive" // share of their days after joining with a visit
  | "establishedMinutes"
  | "allMinutes"
  | "uploadShare" // of impressions
  | "uploadsFound" // share of uploads with a click
  | "uploadWatchSeconds" // per impression
  | "creatorGini";

/** A strategy in a world; structured-cloneable. */
export interface ColdJob {
  readonly setting: Setting;
  readonly inputs: readonly string[]; // of the world, as `prepareCold` gives them
  readonly strategy: Strategy;
}

const mostPages = 5;
/** Share of established users' pages that the oracle judges; newcomers' all are. */
const judgedShare = 0.25;

/** Makes or loads what all strategies of a world share. A job of a process. @public called by its name */
export async function prepareCold(setting: Setting, control: RunControl = {}): Promise<readonly string[]> {
  const { prepared, twoTower, ranker } = await openTrained(setting, control);
  return [prepared.log.artifact.id, prepared.artifact.id, twoTower.artifact.id, ranker.artifact.id];
}

function cellSpec({ setting, inputs, strategy }: ColdJob): ArtifactSpec {
  return {
    root: setting.datasets,
    kind: "cold-start",
    config: { strategy, online: setting.sizes.online },
    inputs,
    code: codeHash(import.meta.url, modulesOf([{ name: strategy.name, policy: { kind: "learned" } }])),
  };
}

/** A cell that was made before. */
export async function findCold(job: ColdJob): Promise<ColdCell | undefined> {
  const spec = cellSpec(job);
  const dir = join(spec.root, spec.kind, artifactId(spec));
  return (await readManifest(dir)) === undefined ? undefined : readCell(dir);
}

async function readCell(dir: string): Promise<ColdCell> {
  return JSON.parse(await readFile(join(dir, "cell.json"), "utf8")) as ColdCell;
}

/** Plays a strategy, or finds what it did. A job of a process. @public called by its name */
export async function coldCell(job: ColdJob, control: RunControl = {}): Promise<ColdCell> {
  const { dir } = await makeOrLoad(cellSpec(job), async (folder) => {
    const cell = await playCold(await openTrained(job.setting, {}), job.strategy, control);
    await writeJsonAtomic(join(folder, "cell.json"), cell);
    return { strategy: cell.strategy, seed: cell.seed };
  });
  return readCell(dir);
}

/** Plays a strategy on trained models. */
export async function playCold(base: Trained, strategy: Strategy, control: RunControl): Promise<ColdCell> {
  const { prepared } = base;
  const { setting, catalogue } = prepared.log;
  const quiet: RunControl = control.signal ? { signal: control.signal } : {};
  const trained = strategy.fits ? await trainModels(prepared, strategy.fits, quiet) : base;
  const past = pastOfTrained(trained);
  const history = await past.history();
  const tally = newTally(catalogue, past.firstDay);
  const { users, candidates, days } = setting.sizes.online;
  const policy = { kind: "learned", candidates, objective: "watch", ...strategy.config } as const;
  const arm: LocalArm = {
    name: strategy.name,
    policy: {
      async open(context: ArmContext): Promise<OpenedPolicy> {
        const opened = await openArm({ name: strategy.name, policy }, context);
        const { world, seed } = context;
        const oracle = openOracle(world);
        const remedied =
          strategy.remedy === undefined
            ? opened.policy
            : withRemedy(opened.policy as FunnelPolicy, strategy.remedy, {
                ...{ catalogue, seed, history, firstDay: past.firstDay },
                answers: answersOf(oracle, seed),
                pictures: (videos) => picturesOf(world, videos),
              });
        return { ...opened, policy: judged(remedied, oracle, tally, world) };
      },
    },
  };
  const { userDays } = await play(past, arm, { users, days }, control);
  return { seed: setting.seed, strategy: strategy.name, ...tally.result(userDays) };
}

/** Topics by true interest and Gumbel noise: what a user says when asked, once. */
function answersOf(oracle: Oracle, seed: number): (user: number, topics: number, noise: number) => readonly number[] {
  const key = keyOf(seed, "cold start/answers");
  return (user, topics, noise) => {
    const said = Array.from(oracle.interests(user), (interest, t) => ({
      t,
      value: interest + noise * gumbel(key, user, t),
    }));
    return said
      .sort((a, b) => b.value - a.value)
      .slice(0, topics)
      .map(({ t }) => t);
  };
}

/** [videos, 8 × 8 × 3 pixels and a 1] in [0, 1] */
function picturesOf(world: World, videos: ArrayLike<number>): Float32Array {
  const [pixels, wide] = [thumbnails(world, videos, 8), 192];
  const rows = new Float32Array(videos.length * (wide + 1)).fill(1);
  for (let i = 0; i < pixels.length; i++) rows[i + Math.floor(i / wide)] = pixels[i]! / 255;
  return rows;
}

interface Tally {
  page(
    newcomer: boolean,
    user: number,
    page: { readonly expected: Float64Array; readonly best: Float64Array },
    videos: Int32Array,
  ): void;
  isNewcomer(user: number): boolean;
  learn(events: Impressions): void;
  result(userDays: UserDays): Omit<ColdCell, "seed" | "strategy">;
}

/** The policy, its pages judged before anybody sees them. */
function judged(policy: Policy, oracle: Oracle, tally: Tally, { catalogue, config, seed }: World): Policy {
  const judge = pageJudge(oracle, catalogue.liveVideos, config.slots, "watch");
  const key = keyOf(seed, "cold start/judged");
  return {
    name: policy.name,
    openDay: (day, yesterday) => policy.openDay(day, yesterday),
    async recommend(requests): Promise<SlateBatch> {
      const slates = await policy.recommend(requests);
      for (let row = 0; row < requests.count; row++) {
        const user = requests.user[row]!;
        const id = requests.request[row]!;
        const newcomer = tally.isNewcomer(user);
        if (!newcomer && uniform(key, id >>> 0, Math.floor(id / 4294967296)) >= judgedShare) continue;
        const videos = slates.video.subarray(row * slates.slots, (row + 1) * slates.slots);
        tally.page(newcomer, user, judge(requests, slates, row), videos);
      }
      return slates;
    },
    apply(events): void {
      policy.apply(events);
      tally.learn(events);
    },
    close: () => policy.close?.(),
  };
}

function newTally(catalogue: Catalogue, firstDay: Day): Tally {
  const { users, videos, creatorCount } = catalogue;
  const newBins = (): { from: number; shown: number; expected: number; best: number }[] =>
    bins.map((from) => ({ from, shown: 0, expected: 0, best: 0 }));
  const [byUser, byVideo] = [newBins(), newBins()];
  const [interactions, pages, hit] = [0, 1, 2].map(() => new Int32Array(users.count)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const lastRequest = new Float64Array(users.count).fill(-1);
  const [impressions, clicks] = [new Int32Array(videos.count), new Int32Array(videos.count)];
  const creators = new Float64Array(creatorCount);
  let [all, ofUploads, uploadWatchMs] = [0, 0, 0];
  const isUpload = (video: number): boolean => videos.uploadDay[video]! >= firstDay;
  const isNewcomer = (user: number): boolean => users.joinDay[user]! >= firstDay;
  const binOf = (n: number): number => bins.findLastIndex((from) => from <= n);
  return {
    isNewcomer,
    page(newcomer, user, { expected, best }, shown): void {
      const bin = byUser[binOf(interactions[user]!)]!;
      if (newcomer) bin.shown++;
      for (let slot = 0; slot < shown.length; slot++) {
        const video = shown[slot]!;
        if (newcomer) add(bin, expected[slot]!, best[slot]!);
        if (video < 0 || !isUpload(video)) continue;
        const of = byVideo[binOf(impressions[video]!)]!;
        of.shown++;
        add(of, expected[slot]!, best[slot]!);
      }
    },
    learn(events): void {
      for (let i = 0; i < events.count; i++) {
        const [user, video, click] = [events.user[i]!, events.video[i]!, events.click[i]!];
        if (events.request[i] !== lastRequest[user]) pages[user]!++;
        lastRequest[user] = events.request[i]!;
        if (click && hit[user] === 0) hit[user] = pages[user]!;
        interactions[user]! += click;
        impressions[video]!++;
        clicks[video]! += click;
        creators[videos.creator[video]!]!++;
        all++;
        if (!isUpload(video)) continue;
        ofUploads++;
        uploadWatchMs += events.watchMs[i]!;
      }
    },
    result(days) {
      const lastDay = days.day.reduce((most, day) => Math.max(most, day), 0);
      const live = catalogue.liveVideos[lastDay]!;
      const uploads = Array.from({ length: live }, (_, v) => v).filter(isUpload);
      const asked = Array.from(pages.keys()).filter((user) => isNewcomer(user) && pages[user]! > 0);
      const age = (row: number): number => days.day[row]! - users.joinDay[days.user[row]!]!;
      const mean = (keep: (row: number) => boolean, of: (row: number) => number): number => {
        let [sum, count] = [0, 0];
        for (let row = 0; row < days.count; row++) if (keep(row)) [sum, count] = [sum + of(row), count + 1];
        return count === 0 ? NaN : sum / count;
      };
      const minutes = (row: number): number => days.watchMs[row]! / 60_000;
      const visits = (row: number): number => Number(days.visits[row]! > 0);
      const isNew = (row: number): boolean => days.newcomer[row] === 1;
      return {
        newcomers: asked.length,
        users: byUser,
        videos: byVideo,
        hitPages: asked.reduce((sum, user) => sum + Math.min(mostPages, hit[user]! || mostPages), 0) / asked.length,
        values: {
          newcomerMinutes: mean(isNew, minutes),
          newcomerReturn: mean((row) => isNew(row) && age(row) === 1, visits),
          newcomerActive: mean((row) => isNew(row) && age(row) >= 1, visits),
          establishedMinutes: mean((row) => !isNew(row), minutes),
          allMinutes: mean(() => true, minutes),
          uploadShare: ofUploads / all,
          uploadsFound: uploads.filter((v) => clicks[v]! > 0).length / uploads.length,
          uploadWatchSeconds: uploadWatchMs / 1000 / ofUploads,
          creatorGini: gini(creators),
        },
      };
    },
  };
}

function add(bin: { expected: number; best: number }, expected: number, best: number): void {
  bin.expected += expected;
  bin.best += best;
}
