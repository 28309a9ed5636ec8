/**
 * Layouts of public data sets, told by the files in a folder: MovieLens 100K (u.data), 1M (ratings.dat), 25M and latest (ratings.csv); Harper
 * and Konstan (2015); KuaiRand (Gao et al., 2022a) and KuaiRec (Gao et al., 2022b); RecBole's atomic files (Zhao et al., 2021); or one's own
 * Parquet or CSV file with a column mapping.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/** Names of the known layouts. */
export const layoutNames = [
  "movielens-100k",
  "movielens-1m",
  "movielens-25m",
  "kuairand",
  "kuairec",
  "recbole",
  "table",
] as const;
export type LayoutName = (typeof layoutNames)[number];

/** Which column of the file means what. `user` and `item` are needed. Several names: those that are there are tried in order. */
export interface ColumnMapping {
  readonly user: string;
  readonly item: string;
  /** When: seconds, milliseconds or microseconds since 1970 (told by their size), or a date and time. Absent: one day, in file order. */
  readonly time?: string;
  readonly rating?: string;
  readonly click?: string; // 0 or 1
  readonly watchMs?: string;
  readonly durationMs?: string;
  readonly like?: string; // 0 or 1
  readonly share?: string;
  readonly hide?: string;
  readonly follow?: string;
}

/** A table to read: its files (all of one header), and how. */
export interface TableSource {
  readonly files: readonly string[];
  readonly format: "csv" | "parquet";
  readonly delimiter?: string;
  /** Names of the columns where the file has no header. */
  readonly columns?: readonly string[];
  readonly latin1?: boolean;
}

/** A side table: one row a user or item, found by `key`. */
export interface SideSource extends TableSource {
  readonly key: string;
  /** Its columns that become what the catalogue has: the item's first category, creator, the user's age. */
  readonly topic?: string;
  readonly creator?: string;
  readonly age?: string;
}

/** What was found at a path. */
export interface Layout {
  readonly name: LayoutName;
  readonly interactions: TableSource;
  readonly mapping: ColumnMapping;
  readonly users?: SideSource;
  readonly items?: SideSource;
}

const genres = [
  "unknown",
  "Action",
  "Adventure",
  "Animation",
  "Children",
  "Comedy",
  "Crime",
  "Documentary",
  "Drama",
  "Fantasy",
  "Film-Noir",
  "Horror",
  "Musical",
  "Mystery",
  "Romance",
  "Sci-Fi",
  "Thriller",
  "War",
  "Western",
];
const movieLens: ColumnMapping = { user: "user", item: "item", rating: "rating", time: "timestamp" };

/**
 * Tells the layout of a path.
 * @throws Error saying what was looked for when nothing fits, or when a single file comes without a mapping.
 */
export function layoutOf(path: string, wanted?: LayoutName, mapping?: ColumnMapping): Layout {
  if (!existsSync(path)) throw new Error(`no data at ${path}: it does not exist`);
  if (wanted !== undefined && !layoutNames.includes(wanted))
    throw new Error(`unknown layout: ${String(wanted)}; known: ${layoutNames.join(", ")}`);
  if (!statSync(path).isDirectory()) return singleFile(path, mapping, wanted);
  const found = finders
    .filter(([name]) => wanted === undefined || wanted === name)
    .flatMap(([, find]) => find(path) ?? []);
  const layout = found[0];
  if (layout === undefined) {
    throw new Error(
      `no known layout in ${path}${wanted === undefined ? "" : ` for ${wanted}`}: looked for u.data, ratings.dat, ratings.csv, log_standard*.csv, big_matrix.csv, *.inter; for another file give its path and a mapping`,
    );
  }
  return mapping === undefined ? layout : { ...layout, mapping };
}

const finders: readonly (readonly [LayoutName, (dir: string) => Layout | undefined])[] = [
  [
    "movielens-100k",
    (dir) => {
      const ratings = join(dir, "u.data");
      if (!existsSync(ratings)) return undefined;
      return {
        name: "movielens-100k",
        interactions: {
          files: [ratings],
          format: "csv",
          delimiter: "\t",
          columns: ["user", "item", "rating", "timestamp"],
        },
        mapping: movieLens,
        ...side("users", join(dir, "u.user"), {
          key: "user",
          age: "age",
          delimiter: "|",
          columns: ["user", "age", "gender", "occupation", "zip"],
          latin1: true,
        }),
        ...side("items", join(dir, "u.item"), {
          key: "item",
          topic: "genres",
          delimiter: "|",
          columns: ["item", "title", "release", "video_release", "url", ...genres.map((genre) => `genre:${genre}`)],
          latin1: true,
        }),
      };
    },
  ],
  [
    "movielens-1m",
    (dir) => {
      const ratings = join(dir, "ratings.dat");
      if (!existsSync(ratings)) return undefined;
      return {
        name: "movielens-1m",
        interactions: {
          files: [ratings],
          format: "csv",
          delimiter: "::",
          columns: ["user", "item", "rating", "timestamp"],
        },
        mapping: movieLens,
        ...side("users", join(dir, "users.dat"), {
          key: "user",
          age: "age",
          delimiter: "::",
          columns: ["user", "gender", "age", "occupation", "zip"],
          latin1: true,
        }),
        ...side("items", join(dir, "movies.dat"), {
          key: "item",
          topic: "genres",
          delimiter: "::",
          columns: ["item", "title", "genres"],
          latin1: true,
        }),
      };
    },
  ],
  [
    "movielens-25m",
    (dir) => {
      const ratings = join(dir, "ratings.csv");
      if (!existsSync(ratings)) return undefined;
      return {
        name: "movielens-25m",
        interactions: { files: [ratings], format: "csv" },
        mapping: { user: "userId", item: "movieId", rating: "rating", time: "timestamp" },
        ...side("items", join(dir, "movies.csv"), { key: "movieId", topic: "genres" }),
      };
    },
  ],
  [
    "kuairand",
    (dir) => {
      const folder = [dir, join(dir, "data")].find((d) => matching(d, /^log_(standard|random).*\.csv$/).length > 0);
      if (folder === undefined) return undefined;
      const [userFile, videoFile] = [
        matching(folder, /^user_features.*\.csv$/)[0],
        matching(folder, /^video_features_basic.*\.csv$/)[0],
      ];
      return {
        name: "kuairand",
        interactions: { files: matching(folder, /^log_(standard|random).*\.csv$/), format: "csv" },
        mapping: {
          user: "user_id",
          item: "video_id",
          time: "time_ms",
          click: "is_click",
          watchMs: "play_time_ms",
          durationMs: "duration_ms",
          like: "is_like",
          share: "is_forward",
          hide: "is_hate",
          follow: "is_follow",
        },
        ...side("users", userFile, { key: "user_id" }),
        ...side("items", videoFile, { key: "video_id", topic: "tag", creator: "author_id" }),
      };
    },
  ],
  [
    "kuairec",
    (dir) => {
      const folder = [dir, join(dir, "data")].find((d) => matching(d, /^(big|small)_matrix\.csv$/).length > 0);
      if (folder === undefined) return undefined;
      return {
        name: "kuairec",
        interactions: { files: [matching(folder, /^(big|small)_matrix\.csv$/)[0]!], format: "csv" },
        mapping: {
          user: "user_id",
          item: "video_id",
          time: "timestamp",
          watchMs: "play_duration",
          durationMs: "video_duration",
        },
        ...side("users", join(folder, "user_features.csv"), { key: "user_id" }),
        ...side("items", join(folder, "item_categories.csv"), { key: "video_id", topic: "feat" }),
      };
    },
  ],
  [
    "recbole",
    (dir) => {
      const files = matching(dir, /\.inter$/);
      const file = files.length === 1 ? files[0] : undefined;
      if (files.length > 1)
        throw new Error(
          `${dir} has ${files.length} .inter files (${files.map((f) => basename(f)).join(", ")}); give the path of one`,
        );
      return file === undefined ? undefined : atomic(file);
    },
  ],
];

/** RecBole: tab-separated, the header says `name:type`; the reader takes the types off. */
function atomic(file: string): Layout {
  const beside = (extension: string): string => `${file.slice(0, -".inter".length)}${extension}`;
  return {
    name: "recbole",
    interactions: { files: [file], format: "csv", delimiter: "\t" },
    mapping: { user: "user_id", item: "item_id", rating: "rating", time: "timestamp" },
    ...side("users", beside(".user"), { key: "user_id", age: "age", delimiter: "\t" }),
    ...side("items", beside(".item"), { key: "item_id", topic: "class|genre|genres|categories", delimiter: "\t" }),
  };
}

function singleFile(path: string, mapping: ColumnMapping | undefined, wanted: LayoutName | undefined): Layout {
  if (path.endsWith(".inter") && (wanted === undefined || wanted === "recbole"))
    return mapping === undefined ? atomic(path) : { ...atomic(path), mapping };
  if (mapping === undefined)
    throw new Error(
      `${path} is a single file: say which columns hold what, at least user and item (import --map user=<column> --map item=<column>)`,
    );
  const format = /\.parquet$/i.test(path) ? "parquet" : "csv";
  return {
    name: "table",
    interactions: { files: [path], format, ...(/\.tsv$/i.test(path) ? { delimiter: "\t" } : {}) },
    mapping,
  };
}

function side(
  name: "users" | "items",
  file: string | undefined,
  how: Omit<SideSource, "files" | "format">,
): { readonly users?: SideSource; readonly items?: SideSource } {
  return file !== undefined && existsSync(file) ? { [name]: { ...how, files: [file], format: "csv" as const } } : {};
}

function matching(dir: string, pattern: RegExp): string[] {
  if (!existsSync(dir) || !statSync(dir).isDirectory()) return [];
  return readdirSync(dir)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(dir, name));
}
