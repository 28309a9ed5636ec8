/**
 * Layouts of public data sets, told by the files in a folder: MovieLens 100K (u.data), 1M (ratings.dat), 25M and latest (ratings.csv);
 * Harper and Konstan (2015); KuaiRand (Gao et al., 2022a) and KuaiRec (Gao et al., 2022b); RecBole's atomic files (Zhao et al., 2021);
 * what `publish` writes; or one's own Parquet or text files with a column mapping. Each text file may be packed by gzip.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { kindOf } from "./text-file.js";
import {
  layoutNames,
  type ColumnMapping,
  type Layout,
  type LayoutName,
  type SideSource,
  type TableSource,
} from "./layout.js";

const genres =
  "unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical Mystery " +
  "Romance Sci-Fi Thriller War Western";
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
  if (wanted === "table") return parts(path, mapping);
  const [layout] = Object.entries(finders)
    .filter(([name]) => wanted === undefined || wanted === name)
    .flatMap(([name, find]): Layout[] => {
      const found = find(path);
      return found ? [{ name: name as LayoutName, ...found }] : [];
    });
  if (layout === undefined) {
    if (mapping !== undefined && wanted === undefined) return parts(path, mapping);
    throw new Error(
      `no known layout in ${path}${wanted === undefined ? "" : ` for ${wanted}`}: looked for u.data, ` +
        `ratings.dat, ratings.csv, log_standard*.csv, big_matrix.csv, *.inter; for other files say which columns ` +
        `hold what (import --map user=<column> --map item=<column>)`,
    );
  }
  return mapping === undefined ? layout : { ...layout, mapping, optional: false };
}

const words = (text: string): readonly string[] => text.split(" ");
const csv = (...files: readonly string[]): TableSource => ({ files, format: "text", separator: "," });
/** MovieLens's older files: no header, no quotes. */
const plain = (separator: string, columns: string): Omit<SideSource, "files" | "format" | "key"> => ({
  separator,
  quoted: false,
  columns: words(columns),
});

type Finder = (dir: string) => Omit<Layout, "name"> | undefined;

/** What each layout looks like in a folder. */
const finders: Readonly<Record<Exclude<LayoutName, "table">, Finder>> = {
  "movielens-100k"(dir) {
    const ratings = fileIn(dir, "u.data");
    const latin = { encoding: "latin1" };
    if (ratings === undefined) return undefined;
    return {
      interactions: { files: [ratings], format: "text", ...plain("\t", "user item rating timestamp") },
      mapping: movieLens,
      ...side("users", fileIn(dir, "u.user"), "user", {
        age: "age",
        ...plain("|", "user age gender occupation zip"),
        ...latin,
      }),
      ...side("items", fileIn(dir, "u.item"), "item", {
        topic: "genres",
        ...plain("|", `item title release video_release url genre:${genres.replaceAll(" ", " genre:")}`),
        ...latin,
      }),
    };
  },
  "movielens-1m"(dir) {
    const ratings = fileIn(dir, "ratings.dat");
    const latin = { encoding: "latin1" };
    if (ratings === undefined) return undefined;
    return {
      interactions: { files: [ratings], format: "text", ...plain("::", "user item rating timestamp") },
      mapping: movieLens,
      ...side("users", fileIn(dir, "users.dat"), "user", {
        age: "age",
        ...plain("::", "user gender age occupation zip"),
        ...latin,
      }),
      ...side("items", fileIn(dir, "movies.dat"), "item", {
        topic: "genres",
        ...plain("::", "item title genres"),
        ...latin,
      }),
    };
  },
  "movielens-25m"(dir) {
    const ratings = fileIn(dir, "ratings.csv");
    if (ratings === undefined) return undefined;
    return {
      interactions: csv(ratings),
      mapping: { ...movieLens, user: "userId", item: "movieId" },
      ...side("items", fileIn(dir, "movies.csv"), "movieId", { topic: "genres" }),
    };
  },
  kuairand(dir) {
    const [folder, logs] = folderWith(dir, /^log_(standard|random).*\.csv$/);
    if (folder === undefined) return undefined;
    return {
      interactions: csv(...logs),
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
      ...side("users", matching(folder, /^user_features.*\.csv$/)[0], "user_id"),
      ...side("items", matching(folder, /^video_features_basic.*\.csv$/)[0], "video_id", {
        topic: "tag",
        creator: "author_id",
      }),
    };
  },
  kuairec(dir) {
    const [folder, matrices] = folderWith(dir, /^(big|small)_matrix\.csv$/);
    if (folder === undefined) return undefined;
    return {
      interactions: csv(matrices[0]!),
      mapping: {
        user: "user_id",
        item: "video_id",
        time: "timestamp",
        watchMs: "play_duration",
        durationMs: "video_duration",
      },
      ...side("users", fileIn(folder, "user_features.csv"), "user_id"),
      ...side("items", fileIn(folder, "item_categories.csv"), "video_id", { topic: "feat" }),
    };
  },
  recbole(dir) {
    const files = matching(dir, /\.inter$/);
    if (new Set(files.map(stemOf)).size > 1)
      throw new Error(
        `${dir} has ${files.length} .inter files (${files.map((f) => basename(f)).join(", ")}); give the path of one`,
      );
    return files.length === 0 ? undefined : atomic(files);
  },
  published(dir) {
    const files = matching(join(dir, "data"), /^day=\d+$/).map((day) => join(day, "impressions.parquet"));
    if (files.length === 0 || !files.every((file) => existsSync(file))) return undefined;
    const same = words("click like share hide follow propensity").map((name) => [name, name] as const);
    return {
      interactions: { files, format: "parquet", derived: [["time", "CAST(day AS BIGINT) * 86400000 + time_ms"]] },
      mapping: {
        user: "user_id",
        item: "video_id",
        time: "time",
        watchMs: "watch_ms",
        ...Object.fromEntries(same),
      },
      timeFormat: "ms",
      ...side("users", fileIn(dir, "users.parquet"), "user_id"),
      ...side("items", fileIn(dir, "videos.parquet"), "video_id", { topic: "topic", creator: "creator" }),
    };
  },
};

/** RecBole: tab-separated, the header says `name:type`; the reader takes the types off. */
function atomic(files: readonly string[]): Layout {
  const stem = stemOf(files[0]!);
  const form = { separator: "\t", quoted: false, typed: true };
  return {
    name: "recbole",
    interactions: { files, format: "text", ...form },
    mapping: { user: "user_id", item: "item_id", rating: "rating", time: "timestamp" },
    optional: true,
    ...side("users", fileIn(stem, "", ".user"), "user_id", { age: "age", ...form }),
    ...side("items", fileIn(stem, "", ".item"), "item_id", { topic: "class|genre|genres|categories", ...form }),
  };
}

const roles = /\.(train|valid|validation|val|dev|test)$/i;

/** The path of `x.train.inter.gz` without all that follows `x`. */
function stemOf(file: string): string {
  return file
    .replace(/(\.gz)?$/i, "")
    .replace(/\.inter$/, "")
    .replace(roles, "");
}

function singleFile(path: string, mapping: ColumnMapping | undefined, wanted: LayoutName | undefined): Layout {
  if (/\.inter(\.gz)?$/.test(path) && (wanted === undefined || wanted === "recbole"))
    return mapping === undefined ? atomic([path]) : { ...atomic([path]), mapping, optional: false };
  return tableOf([path], mapping);
}

/** A folder of parts: all its files of tables, those below it too. */
function parts(dir: string, mapping: ColumnMapping | undefined): Layout {
  const names = (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => !name.split(/[\\/]/).some((part) => /^[._]/.test(part)))
    .filter((name) => /\.(csv|tsv|txt|parquet)(\.gz)?$/i.test(name) || /^part-[^.]*$/.test(basename(name)))
    .sort();
  if (names.length === 0)
    throw new Error(`no table in ${dir}; looked for *.csv, *.tsv, *.txt (also .gz) and *.parquet`);
  return tableOf(
    names.map((name) => join(dir, name)),
    mapping,
  );
}

function tableOf(files: readonly string[], mapping: ColumnMapping | undefined): Layout {
  const kinds = new Set(files.map((file) => (/\.parquet$/i.test(file) ? "parquet" : kindOf(file))));
  if (kinds.size > 1)
    throw new Error(`${files.map((f) => basename(f)).join(", ")}: text and Parquet; allowed: one of them`);
  const format = [...kinds][0]!;
  const tabs = files.every((file) => /\.tsv(\.gz)?$/i.test(file));
  // without a mapping the import says which columns there are, and fails
  return {
    name: "table",
    interactions: { files, format, ...(format === "text" && tabs && { separator: "\t" }) },
    mapping: mapping ?? { user: "", item: "" },
  };
}

function side(
  name: "users" | "items",
  file: string | undefined,
  key: string,
  how: Omit<SideSource, "key" | "files" | "format"> = {},
): { readonly users?: SideSource; readonly items?: SideSource } {
  if (file === undefined) return {};
  const format = file.endsWith(".parquet") ? ("parquet" as const) : ("text" as const);
  return { [name]: { key, ...how, files: [file], format } };
}

/** The files of a pattern, in a folder or its `data`. */
function folderWith(dir: string, pattern: RegExp): readonly [folder: string | undefined, files: readonly string[]] {
  const folder = [dir, join(dir, "data")].find((d) => matching(d, pattern).length > 0);
  return [folder, folder === undefined ? [] : matching(folder, pattern)];
}

/** A file, plain or packed. */
function fileIn(dir: string, name: string, ending = ""): string | undefined {
  const path = name === "" ? `${dir}${ending}` : join(dir, name);
  return [path, `${path}.gz`].find((file) => existsSync(file));
}

function matching(dir: string, pattern: RegExp): string[] {
  if (!existsSync(dir) || !statSync(dir).isDirectory()) return [];
  return readdirSync(dir)
    .filter((name) => pattern.test(name.replace(/\.gz$/, "")))
    .sort()
    .map((name) => join(dir, name));
}
