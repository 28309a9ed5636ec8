/** The whole case: a ladder of encoders and a pair of designs over several shops, and what one shop shows of the rest. */
import type { RunControl } from "../../types.js";
import type { CaseOptions } from "../case.js";
import { alarmFrom, deviations } from "../odd-hours.js";
import { baselines, type Encoder } from "./baselines.js";
import { contrast } from "./contrast.js";
import { formsOf, outputsOf, type PictureNet } from "../picture-net.js";
import { convNet, dims, visionTransformer } from "./networks.js";
import { openShop, views, type Distortion, type Shop } from "./pictures.js";
import { allItems, openSearch, queryDraw, recallOf, type PictureSearch } from "./search.js";
import { served, timeForms, type ServedRow } from "./serve.js";
import { searchPage } from "./write-page.js";
import { designs, pagesOf, restocked, trade, type Customers, type Trade } from "./trade.js";

/** A shop, its prints in two halves: one is trained on, customers look for the other. */
export interface Trial {
  readonly shop: Shop;
  readonly train: Int32Array;
  readonly queries: Int32Array;
}

const sizes = { tiny: 2_000, lesson: 4_000, small: 8_000, full: 16_000, million: 32_000 } as const;

/** Opens a shop. */
export function openTrial(seed: number, scale: CaseOptions["scale"] = "tiny"): Trial {
  const shop = openShop(seed, { items: sizes[scale], sellers: sizes[scale] * 0.03 });
  const half = (odd: number): Int32Array => allItems(shop).filter((item) => shop.product[item]! % 2 === odd);
  return { shop, train: half(0), queries: half(1).slice(0, 500) };
}

/** Pairs of views that each network learns from at `tiny`: about a minute of one core. */
export const trainings: readonly { readonly make: (seed: number) => PictureNet; readonly pairs: number }[] = [
  { make: convNet, pairs: 60_000 },
  { make: visionTransformer, pairs: 40_000 },
];

/** A rung: recall@5 by distortion, and a photo's page under both designs. */
export interface Rung {
  readonly encoder: Encoder;
  readonly net?: PictureNet;
  readonly search: PictureSearch;
  readonly recall: Readonly<Record<Distortion, number>>;
  readonly finds: Trade;
  readonly sells: Trade;
}

/** An encoder in a shop. */
export async function judge({ shop, queries }: Trial, encoder: Encoder): Promise<Rung> {
  const search = await openSearch(shop, encoder);
  const vectors = await encoder.encode(views(shop, queries, ["photo"], queryDraw));
  const under = (design: keyof typeof designs): Trade =>
    trade(shop, queries, pagesOf(shop, search, vectors, queries.length, designs[design]));
  const recall = await recallOf(shop, encoder, search, queries);
  return { encoder, search, recall, finds: under("finds"), sells: under("sells") };
}

/** Baselines, then the networks, trained. @param only how many of the networks */
export async function climb(trial: Trial, control: RunControl = {}, only = trainings.length): Promise<readonly Rung[]> {
  const { shop, train } = trial;
  const rungs: Rung[] = [];
  for (const encoder of baselines(shop.seed)) rungs.push(await judge(trial, encoder));
  for (const { make, pairs } of trainings.slice(0, only)) {
    const net = await contrast(make(shop.seed), shop, train, { epochs: Math.ceil(pairs / train.length) }, control);
    const encoder = { name: net.name, width: dims, encode: (pictures: Float32Array) => outputsOf(net, pictures) };
    rungs.push({ ...(await judge(trial, encoder)), net });
  }
  return rungs;
}

/** Recall of photos with the network and the index in int8. */
export async function roundedRecall({ shop, queries }: Trial, net: PictureNet): Promise<number> {
  const encoder = await served("int8", formsOf(net).int8);
  const search = await openSearch(shop, encoder, { dtype: "i8" });
  const { photo } = await recallOf(shop, encoder, search, queries, 5, ["photo"]);
  await encoder.close();
  return photo;
}

/** What changes between one run of both designs and another. */
export const whatIfs: readonly {
  readonly name: string;
  readonly inStock?: number;
  readonly customers?: Partial<Customers>;
}[] = [
  { name: "as it is" },
  { name: "90 % in stock", inStock: 0.9 },
  { name: "30 % in stock", inStock: 0.3 },
  { name: "nobody leaves for sold out", customers: { leaves: 0 } },
  { name: "nobody takes another print", customers: { similar: 0 } },
];

/** Cents per search of both designs under each what-if, with one encoder. */
export async function whatIf(
  { shop, queries }: Trial,
  { encoder, search }: Rung,
): Promise<readonly { readonly name: string; readonly finds: number; readonly sells: number }[]> {
  const vectors = await encoder.encode(views(shop, queries, ["photo"], queryDraw));
  return whatIfs.map(({ name, inStock, customers }) => {
    const there = inStock === undefined ? shop : restocked(shop, inStock);
    const cents = (design: keyof typeof designs): number =>
      trade(there, queries, pagesOf(there, search, vectors, queries.length, designs[design]), customers).cents;
    return { name, finds: cents("finds"), sells: cents("sells") };
  });
}

/** Hours of the bad day, and the first of them in which the app sends blue for red. */
const [hours, fault] = [12, 6];

/** A release of the app swaps two channels: by hour the mean score of the nearest item, recall, money; and which hours alarm. */
export async function badDay(
  { shop, queries }: Trial,
  { encoder, search }: Rung,
): Promise<readonly Record<string, number | boolean>[]> {
  const rows: { hour: number; score: number; "recall@5": number; "cents per search": number }[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const items = queries.filter((_, q) => q % hours === hour);
    const seen = views(shop, items, ["photo"], queryDraw - 1 - hour);
    if (hour >= fault)
      for (let at = 0; at < seen.length; at += 3) [seen[at], seen[at + 2]] = [seen[at + 2]!, seen[at]!];
    const vectors = await encoder.encode(seen);
    const { scores } = search.find(vectors, 1);
    const { recall, cents } = trade(shop, items, pagesOf(shop, search, vectors, items.length, designs.sells));
    rows.push({
      hour,
      score: scores.reduce((sum, x) => sum + x, 0) / items.length,
      "recall@5": recall,
      "cents per search": cents,
    });
  }
  const score = deviations(
    rows.map((row) => row.score),
    fault,
  );
  const cents = deviations(
    rows.map((row) => row["cents per search"]),
    fault,
  );
  return rows.map((row, hour) => ({
    ...row,
    "score alarms": score[hour]! < -alarmFrom,
    "money alarms": cents[hour]! < -alarmFrom,
  }));
}

/** What one shop showed. */
export interface ShopResult {
  readonly config: Shop["config"];
  readonly rungs: readonly (Pick<Rung, "recall" | "finds" | "sells"> & {
    readonly name: string;
    readonly deep: boolean;
  })[];
  readonly rounded: number; // recall of photos with the CNN in int8
  readonly forms: readonly ServedRow[];
  readonly hours: Awaited<ReturnType<typeof badDay>>;
  readonly whatIf: Awaited<ReturnType<typeof whatIf>>;
  readonly page?: string; // HTML, where it is asked for: the search by a picture
}

/** All of one shop, as a part of the case. @public called by its name */
export async function shopPart(
  { scale, seed, page = false }: Pick<CaseOptions, "scale" | "seed"> & { readonly page?: boolean },
  control: RunControl,
): Promise<ShopResult> {
  const trial = openTrial(seed, scale);
  const { onProgress, signal } = control;
  const rungs = await climb(trial, {
    ...(signal && { signal }),
    onProgress: (step, done, total) => onProgress?.("part", (step === "ViT" ? 0.5 : 0) + (0.45 * done) / total, 1),
  });
  const deep = rungs.filter(({ net }) => net);
  const forms: ServedRow[] = [];
  for (const { net } of deep) forms.push(...(await timeForms(trial.shop, net!, trial.queries)));
  return {
    config: trial.shop.config,
    rungs: rungs.map(({ encoder: { name }, net, recall, finds, sells }) => ({
      ...{ name, deep: net !== undefined, recall, finds, sells },
    })),
    ...{ forms, rounded: await roundedRecall(trial, deep[0]!.net!) },
    ...{ hours: await badDay(trial, deep[0]!), whatIf: await whatIf(trial, deep[0]!) },
    ...(page && { page: await searchPage(trial.shop, formsOf(deep[0]!.net!).int8) }),
  };
}
