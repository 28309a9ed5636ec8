// One ETL of the data bench in a process of its own, so that its memory is its own: `node data-etl.mjs
// '{"log":…,"catalogue":…,"threads":2}'` prints one JSON line.
import { room } from "./built.mjs";
import { stopwatch } from "./harness.mjs";

const { log: dir, catalogue: folder, threads, memoryLimit } = JSON.parse(process.argv[2]);
const data = await room("data");
const log = await room("log");
const stop = stopwatch();
const catalogue = await data.readCatalogue(folder);
const aggregates = await data.openAggregates(catalogue, { threads, memoryLimit });
const days = await log.days(dir);
await aggregates.appendLog(dir, days);
await aggregates.snapshot(days.length);
const timed = stop();
const { database, quality } = aggregates;
const integers = {};
for (const table of [
  "video_days",
  "user_days",
  "user_topic_days",
  "user_format_days",
  "segment_topic_days",
  "segment_video_days",
  "user_creator_days",
  "user_video_days",
  "campaign_days",
  "sessions",
  "watches",
]) {
  const found = await database.describe(`SELECT * FROM ${table}`);
  const sums = ["impressions", "clicks", "watch_ms"]
    .filter((name) => found.has(name))
    .map((name) => `sum(${name}) AS ${name}`);
  integers[table] = Object.values(
    await database.query(`SELECT ${["count(*) AS n", ...sums].join(", ")} FROM ${table}`),
  ).map(([value]) => value);
}
const reals = {};
for (const entity of ["user", "video", "creator", "user_topic", "user_format", "segment_topic", "user_creator"]) {
  const names = data
    .featuresWhere({ entity, kind: "number", available: "midnight" })
    .map(({ name }) => `sum(CAST(${name} AS DOUBLE))`);
  const { n, total } = await database.query(`SELECT count(*) AS n, ${names.join(" + ")} AS total FROM snap_${entity}`);
  reals[entity] = [n[0], total[0]];
}
const failed = {};
for (const day of quality) for (const [name, n] of Object.entries(day.failed)) failed[name] = (failed[name] ?? 0) + n;
const work = quality.reduce((sum, { rows }) => sum + rows, 0);
aggregates.close();
process.stdout.write(
  `${JSON.stringify({ work, ...timed, integers, reals, failed, memory: process.resourceUsage().maxRSS * 1024 })}\n`,
  () => process.exit(0),
);
