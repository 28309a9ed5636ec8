/**
 * What a device without a network is given: the videos of a day with their features and int8 embeddings, an int8 ranker and query
 * tower, and of the users only its own. The funnel on the device is the server's (see device.ts); what differs is the number of bits,
 * and that midnight brings nothing new until the next bundle.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FeatureStore } from "../../data/index.js";
import { readCard } from "../../models/network/training/model-files.js";
import { quantise } from "../../models/onnx/quantise.js";
import { takeTableRows } from "../../models/onnx/take-rows.js";
import type { Catalogue, Day } from "../../types.js";
import type { LearnedFunnelConfig } from "../learned-config.js";
import { liveOn } from "../slates.js";
import type { Towers } from "../retrieve/tower-index.js";
import { packArrays } from "./arrays.js";
import { peopleOf, type People } from "./people.js";
import { roundTable, roundVectors, type RoundedTable, type RoundedVectors } from "./rounded.js";
import { encodingFromJson, type EncodingJson } from "../../models/network/encoding.js";

/** A graph in int8 with the encoding of its rows. */
export interface DeviceModel {
  readonly id: string;
  readonly graph: Uint8Array;
  readonly encoding: Omit<EncodingJson, "vocabularies"> & { readonly vocabularies: readonly Int32Array[] };
}

/** The content of a bundle. */
export interface Bundle {
  readonly format: 2;
  readonly day: Day;
  readonly seed: number;
  readonly config: Partial<LearnedFunnelConfig>;
  readonly catalogue: Catalogue;
  readonly fixed: People["fixed"];
  readonly snapshot: Omit<People["snapshot"], "clicked" | "stats" | "video"> & {
    readonly video: RoundedTable;
    readonly clicked: { readonly left: Int32Array; readonly right: Int32Array };
    readonly stats: {
      readonly impressions: Float32Array;
      readonly clicks: Float32Array;
      readonly watchMs: Float32Array;
    };
  };
  readonly vectors: RoundedVectors;
  readonly ranker: DeviceModel & { readonly valued: boolean };
  readonly query: DeviceModel;
  /** Titles by video, for the page; absent where nobody looks. */
  readonly titles?: readonly string[];
}

/** Options of a bundle. */
export interface BundleOptions {
  readonly catalogue: Catalogue;
  /** Open at the day the bundle is of. */
  readonly store: Pick<FeatureStore, "rows">;
  readonly towers: Towers;
  readonly twoTowerDir: string;
  readonly rankerDir: string;
  readonly seed: number;
  readonly config?: Partial<LearnedFunnelConfig>;
  /** The device's users; absent: all of them, to play what devices would answer. */
  readonly users?: Int32Array;
  readonly titles?: readonly string[];
}

/**
 * The bundle's bytes; the same inputs give the same bytes.
 * @throws RangeError for a user who is not in the catalogue
 */
export async function bundle(options: BundleOptions): Promise<Uint8Array> {
  const { catalogue, store, towers, twoTowerDir, rankerDir, seed, config = {}, users, titles } = options;
  const wrong = users?.find((user) => !(user >= 0 && user < catalogue.users.count));
  if (wrong !== undefined) throw new RangeError(`unknown user: ${wrong}; allowed: 0 … ${catalogue.users.count - 1}`);
  const { fixed, snapshot } = store.rows;
  const everybody = { catalogue, fixed, snapshot };
  const people = users === undefined ? everybody : peopleOf(everybody, users);
  const live = liveOn(catalogue, snapshot.day);
  const videos = Int32Array.from({ length: live }, (_, video) => video);
  const { stats, video, clicked, ...rest } = people.snapshot;
  const known = people.catalogue;
  const counts = (values: Float64Array): Float32Array => Float32Array.from(values.subarray(0, live));
  const upTo = <T extends Int16Array | Int32Array | Uint8Array | Float32Array>(values: T, width = 1): T =>
    values.subarray(0, live * width) as T;
  const content: Bundle = {
    format: 2,
    day: snapshot.day,
    seed,
    config,
    catalogue: {
      topicNames: known.topicNames,
      creatorCount: known.creatorCount,
      users: known.users,
      videos: {
        count: live,
        uploadDay: upTo(known.videos.uploadDay),
        topic: upTo(known.videos.topic),
        creator: upTo(known.videos.creator),
        durationMs: upTo(known.videos.durationMs),
        language: upTo(known.videos.language),
        sponsored: upTo(known.videos.sponsored),
      },
      liveVideos: known.liveVideos.map(() => live), // uploads of later days are not on the device
    },
    fixed: {
      ...people.fixed,
      videoCategories: new Int32Array(0), // the device makes them of the catalogue
      videoNumbers: { width: 0, values: new Float32Array(0) }, // they stand in snapshot.video, too
      format: upTo(people.fixed.format),
    },
    snapshot: {
      ...rest,
      video: roundTable(video.width, upTo(video.values, video.width)),
      clicked: clicked.pairs(),
      stats: {
        impressions: counts(stats.impressions),
        clicks: counts(stats.clicks),
        watchMs: counts(stats.watchMs),
      },
    },
    vectors: roundVectors(towers.dims, await towers.embedCandidates(store.rows.candidateRows(videos))),
    ranker: await rankerOf(rankerDir, users),
    query: await modelOf(twoTowerDir, "two-tower", "query", "query-tower.onnx", users),
    ...(titles && { titles: titles.slice(0, live) }),
  };
  return packArrays(content);
}

async function rankerOf(dir: string, users: Int32Array | undefined): Promise<Bundle["ranker"]> {
  const { extra } = await readCard(dir, "ranker");
  return { ...(await modelOf(dir, "ranker", "ranker", "ranker.onnx", users)), valued: extra["model"] === "multi-task" };
}

/** A graph in int8; of the table of users only the rows of `users`. */
async function modelOf(
  dir: string,
  kind: string,
  name: string,
  file: string,
  users: Int32Array | undefined,
): Promise<DeviceModel> {
  const card = await readCard(dir, kind);
  const encoding = card.encodings[name];
  if (!encoding) throw new Error(`damaged model in ${dir}: its card has no encoding ${name}`);
  let graph: Uint8Array = await readFile(join(dir, file));
  const vocabularies = encoding.vocabularies.map((ids) => Int32Array.from(ids));
  const column = encoding.schema.categories.findIndex((category) => category.name === "user_id");
  if (users !== undefined && column >= 0) {
    const rowOf = encodingFromJson(encoding).rowOf[column]!;
    const kept = users.filter((user) => (rowOf[user] ?? 0) > 0).sort();
    vocabularies[column] = kept;
    graph = takeTableRows(graph, "table/user_id", Int32Array.from([0, ...kept.map((id) => rowOf[id]!)]));
  }
  return { id: card.id, graph: quantise(graph), encoding: { ...encoding, vocabularies } };
}
