/** The catalogue as the DuckDB tables `users` and `videos`. */
import type { Database, NamedColumn } from "../../log/index.js";
import { regions, type Catalogue } from "../../types.js";
import { durationBoundsMs } from "../features/features.js";
import { sqlOf } from "../sql-text.js";
import { userColumns, videoColumns } from "./tables.js";

/**
 * Puts the catalogue into a database as `users` and `videos`, with the derived columns `segment` and `duration_bucket`; codes, not
 * words.
 */
export async function putCatalogue(database: Database, catalogue: Catalogue): Promise<void> {
  const plain = (columns: NamedColumn[]): NamedColumn[] =>
    columns.map((column) => ({ ...column, type: typeof column.type === "string" ? column.type : "UTINYINT" }));
  await database.putTable("raw_users", plain(userColumns(catalogue)));
  await database.putTable("raw_videos", plain(videoColumns(catalogue)));
  await database.exec(`
    CREATE TABLE users AS ${sqlOf("users", { regions: regions.length })} ORDER BY user_id;
    CREATE TABLE videos AS ${sqlOf("videos", bucketBounds)} ORDER BY video_id;
    DROP TABLE raw_users;
    DROP TABLE raw_videos`);
}

/** Parameters of sql/videos.sql. */
const bucketBounds: Readonly<Record<string, number>> = Object.fromEntries(
  durationBoundsMs.map((bound, i) => [`bound_${i}`, bound]),
);
