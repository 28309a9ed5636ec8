/** The tables of a published dataset and their dictionary: every column with its type, unit and meaning. */
import { eventColumns } from "../log/index.js";
import { ageBands, devices, languages, regions } from "../types.js";
import { postKinds } from "../world/index.js";

/** A column as in Parquet. */
export interface PublishedColumn {
  readonly name: string;
  readonly type: "BIGINT" | "INTEGER" | "SMALLINT" | "UTINYINT" | "DOUBLE" | "VARCHAR" | "BOOLEAN";
  readonly unit: string;
  readonly description: string;
  /** Least and largest value, where they are fixed. */
  readonly min?: number;
  readonly max?: number;
  /** The values a VARCHAR column may hold, if fixed. */
  readonly values?: readonly string[];
  /** `table/column` whose values these are. */
  readonly references?: string;
}

/** A table: one file, or one a day. */
export interface PublishedTable {
  readonly name: string;
  readonly description: string;
  /** Path below the dataset's folder; `*` where there is a file per day. */
  readonly path: string;
  readonly key: readonly string[];
  readonly columns: readonly PublishedColumn[];
}

const references: Readonly<Record<string, string>> = { user_id: "users/user_id", video_id: "videos/video_id" };
const id = (name: string, description: string): PublishedColumn => ({ name, type: "INTEGER", unit: "id", description });
const word = (name: string, description: string, values?: readonly string[]): PublishedColumn => ({
  name,
  type: "VARCHAR",
  unit: "name",
  description,
  ...(values && { values }),
});

/** Tables of a log; `campaigns`: whether there are ads. */
export function publishedTables(topicNames: readonly string[], campaigns: boolean): readonly PublishedTable[] {
  const impressions: PublishedTable = {
    name: "impressions",
    path: "data/day=*/impressions.parquet",
    key: ["request_id", "position"],
    description:
      "One row per impression with its outcome, in order of shard, round, request and position; a file per day.",
    columns: eventColumns.map(({ name, type, unit, description, min, max, names }): PublishedColumn => ({
      name,
      type,
      unit,
      description,
      ...(type === "VARCHAR"
        ? names !== undefined && typeof names !== "string"
          ? { values: names }
          : {}
        : { min, max }),
      ...(references[name] !== undefined && { references: references[name] }),
    })),
  };
  const users: PublishedTable = {
    name: "users",
    path: "users.parquet",
    key: ["user_id"],
    description: "One row an account, those who join after the log included.",
    columns: [
      id("user_id", "account"),
      {
        name: "join_day",
        type: "SMALLINT",
        unit: "days",
        description: "first day of the account; 0 or less: before the log began",
      },
      word("age_band", "age in years, as the user stated it", ageBands),
      word("region", "region of the account", regions),
      word("device", "usual device", devices),
      word("language", "language of the account", languages),
    ],
  };
  const videos: PublishedTable = {
    name: "videos",
    path: "videos.parquet",
    key: ["video_id"],
    description: "One row a video, in order of upload, those uploaded after the log included.",
    columns: [
      id("video_id", "video"),
      {
        name: "upload_day",
        type: "SMALLINT",
        unit: "days",
        description: "day of upload; below 0: before the log began. A video may be shown from this day on",
      },
      word("topic", "as labelled by the uploader, sometimes wrong", topicNames),
      id("creator", "who uploaded it"),
      { name: "duration_ms", type: "INTEGER", unit: "ms", min: 1, description: "length" },
      word("language", "spoken language", languages),
      { name: "sponsored", type: "UTINYINT", unit: "0 or 1", min: 0, max: 1, description: "1: sells something" },
    ],
  };
  const ads: PublishedTable = {
    name: "campaigns",
    path: "campaigns.parquet",
    key: ["campaign"],
    description: "One row an advertiser's campaign.",
    columns: [
      { name: "campaign", type: "INTEGER", unit: "id", min: 1, description: "as in impressions: 1 and up" },
      { ...id("video_id", "the ad"), references: "videos/video_id" },
      {
        name: "regions",
        type: "UTINYINT",
        unit: "bits",
        description: `targeting: bit r is set where region r is wanted; regions in order: ${regions.join(", ")}`,
      },
      {
        name: "age_bands",
        type: "UTINYINT",
        unit: "bits",
        description: `targeting: bit a is set where age band a is wanted; age bands in order: ${ageBands.join(", ")}`,
      },
      {
        name: "bid_micros",
        type: "INTEGER",
        unit: "micros",
        min: 0,
        description: "most paid for a click, millionths of the currency unit",
      },
      { name: "daily_budget_micros", type: "INTEGER", unit: "micros", min: 0, description: "most paid per day" },
    ],
  };
  const titles: PublishedTable = {
    name: "titles",
    path: "titles.parquet",
    key: ["video_id"],
    description: "The title of each video, in its language.",
    columns: [{ ...id("video_id", "video"), references: "videos/video_id" }, word("title", "words of the title")],
  };
  const posts: PublishedTable = {
    name: "posts",
    path: "posts.parquet",
    key: ["post_id"],
    description: "Posts of users, as many as there are users; some are spam or break the rules.",
    columns: [
      id("post_id", "post"),
      { ...id("user_id", "author"), references: "users/user_id" },
      word("body", "words of the post"),
    ],
  };
  return [impressions, users, videos, titles, posts, ...(campaigns ? [ads] : [])];
}

/** Tables of the truth, for judging only; `slots`: videos per page. */
export function truthTables(slots: number): readonly PublishedTable[] {
  const probability = (name: string, description: string): PublishedColumn => ({
    name,
    type: "DOUBLE",
    unit: "probability",
    min: 0,
    max: 1,
    description,
  });
  return [
    {
      name: "truth_users",
      path: "truth/users.parquet",
      key: ["user_id"],
      description:
        "What only the world knows of its users, as of the end of the log's " +
        "last day. For judging; a model that is given it knows the answer.",
      columns: [
        { ...id("user_id", "account"), references: "users/user_id" },
        {
          name: "satisfaction",
          type: "DOUBLE",
          unit: "score",
          min: -1,
          max: 1,
          description: "hidden satisfaction, which decides who returns",
        },
        word("tastes", "true favourite topics, strongest first, with spaces between"),
        word("bot", "style of fraud; empty: a person"),
        { name: "churned", type: "UTINYINT", unit: "0 or 1", min: 0, max: 1, description: "1: has left for good" },
        ...Array.from({ length: slots }, (_, k) => probability(`examined_${k}`, `P(position ${k} is examined)`)),
      ],
    },
    {
      name: "truth_videos",
      path: "truth/videos.parquet",
      key: ["video_id"],
      description: "What only the world knows of its videos. For judging.",
      columns: [
        { ...id("video_id", "video"), references: "videos/video_id" },
        word("topic", "true topic"),
        {
          name: "quality",
          type: "DOUBLE",
          unit: "standard deviations",
          description: "hidden quality, standard normal",
        },
        {
          name: "looks",
          type: "DOUBLE",
          unit: "standard deviations",
          description: "how good the thumbnail looks, correlated with quality",
        },
        {
          name: "clickbait",
          type: "DOUBLE",
          unit: "share",
          min: 0,
          max: 1,
          description: "raises clicks, lowers watch time and satisfaction",
        },
        { ...id("duplicate_of", "the video it repeats, or itself"), references: "videos/video_id" },
      ],
    },
    {
      name: "truth_posts",
      path: "truth/posts.parquet",
      key: ["post_id"],
      description: "What the posts truly are. For training and judging classifiers of text.",
      columns: [
        { ...id("post_id", "post"), references: "posts/post_id" },
        word("kind", "what the post is; the last three break the rules", postKinds),
        word("topic", "what it is about"),
        { name: "hidden", type: "UTINYINT", unit: "0 or 1", min: 0, max: 1, description: "1: its words are disguised" },
        {
          name: "warning",
          type: "UTINYINT",
          unit: "0 or 1",
          min: 0,
          max: 1,
          description: "1: an ordinary post that quotes what it warns of",
        },
      ],
    },
  ];
}
