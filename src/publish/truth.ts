/** The truth beside a published log, as of the end of its last day: for judging only. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { copyTo, openDatabase, type NamedColumn } from "../log/index.js";
import { openOracle, postKinds, posts, titles, type World } from "../world/index.js";

/** Writes `titles.parquet` and `posts.parquet`, which anybody can see. */
export async function writeTexts(dir: string, world: World): Promise<void> {
  const { users, videos } = world.catalogue;
  const ids = Int32Array.from({ length: videos.count }, (_, v) => v);
  await writeTable(dir, "titles", [
    { name: "video_id", type: "INTEGER", values: ids },
    { name: "title", type: "VARCHAR", values: titles(world, ids) },
  ]);
  const { author, body } = posts(world, 0, users.count);
  await writeTable(dir, "posts", [
    { name: "post_id", type: "INTEGER", values: author.map((_, post) => post) },
    { name: "user_id", type: "INTEGER", values: author },
    { name: "body", type: "VARCHAR", values: body },
  ]);
}

/** Writes `truth/users.parquet`, `truth/videos.parquet` and `truth/posts.parquet`. */
export async function writeTruth(dir: string, world: World): Promise<void> {
  const oracle = openOracle(world);
  const { users, videos, topicNames } = world.catalogue;
  const everyone = Int32Array.from({ length: users.count }, (_, u) => u);
  const everything = Int32Array.from({ length: videos.count }, (_, v) => v);
  const { slots } = world.config;
  const examined = Array.from({ length: slots }, () => new Float64Array(users.count));
  everyone.forEach((user) =>
    oracle.examination(user).forEach((p, k) => void ((examined[k] as Float64Array)[user] = p)),
  );
  const facts = Array.from(everything, (video) => oracle.video(video));
  const number = (values: Float64Array, name: string): NamedColumn => ({ name, type: "DOUBLE", values });
  await writeTable(join(dir, "truth"), "users", [
    { name: "user_id", type: "INTEGER", values: everyone },
    number(
      Float64Array.from(everyone, (user) => oracle.satisfaction(user)),
      "satisfaction",
    ),
    {
      name: "tastes",
      type: "VARCHAR",
      values: Array.from(everyone, (user) =>
        oracle
          .tastes(user)
          .map((topic) => topicNames[topic]!)
          .join(" "),
      ),
    },
    { name: "bot", type: "VARCHAR", values: Array.from(everyone, (user) => oracle.bot(user) ?? "") },
    { name: "churned", type: "UTINYINT", values: Uint8Array.from(everyone, (user) => (oracle.churned(user) ? 1 : 0)) },
    ...examined.map((values, k) => number(values, `examined_${k}`)),
  ]);
  await writeTable(join(dir, "truth"), "videos", [
    { name: "video_id", type: "INTEGER", values: everything },
    { name: "topic", type: "VARCHAR", values: facts.map(({ topic }) => topicNames[topic]!) },
    number(
      Float64Array.from(facts, ({ quality }) => quality),
      "quality",
    ),
    number(
      Float64Array.from(facts, ({ looks }) => looks),
      "looks",
    ),
    number(
      Float64Array.from(facts, ({ clickbait }) => clickbait),
      "clickbait",
    ),
    { name: "duplicate_of", type: "INTEGER", values: everything.map((video) => oracle.duplicateOf(video)) },
  ]);
  const { kind, topic, hidden, warning } = posts(world, 0, users.count);
  await writeTable(join(dir, "truth"), "posts", [
    { name: "post_id", type: "INTEGER", values: Int32Array.from(kind, (_, post) => post) },
    { name: "kind", type: { names: postKinds }, values: kind },
    { name: "topic", type: { names: topicNames }, values: topic },
    { name: "hidden", type: "UTINYINT", values: hidden },
    { name: "warning", type: "UTINYINT", values: warning },
  ]);
}

/** Writes columns as `<dir>/<name>.parquet`; equal columns, equal bytes. */
export async function writeTable(dir: string, name: string, columns: readonly NamedColumn[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  const database = await openDatabase();
  try {
    await database.putTable(name, columns);
    await database.exec(copyTo(name, join(dir, `${name}.parquet`)));
  } finally {
    database.close();
  }
}
