/**
 * Dense ids: users in order of their own id; items in order of the first day on which they were met (the catalogue wants ids in order of upload),
 * then of their own id. Numbers sort as numbers.
 */
import { dayMs } from "../../types.js";
import type { Database } from "../../log/index.js";

/** Makes `user_ids` (user_id, key, first_day) and `item_ids` (video_id, key, first_day), and gives the first midnight in ms since 1970. */
export async function makeIds(database: Database): Promise<number> {
  const { first } = await database.query(`SELECT coalesce(min(at_ms), 0) AS first FROM interactions`);
  const midnight = Math.floor((first?.[0] as number) / dayMs) * dayMs;
  const day = `CAST(floor((min(at_ms) - ${midnight}) / ${dayMs}.0) AS INTEGER)`;
  const own = "TRY_CAST(key AS BIGINT) NULLS LAST, key";
  await database.exec(`
    CREATE OR REPLACE TEMP TABLE user_ids AS
    SELECT CAST(row_number() OVER (ORDER BY ${own}) - 1 AS INTEGER) AS user_id, key, first_day
    FROM (SELECT user_key AS key, ${day} AS first_day FROM interactions GROUP BY user_key) t;
    CREATE OR REPLACE TEMP TABLE item_ids AS
    SELECT CAST(row_number() OVER (ORDER BY first_day, ${own}) - 1 AS INTEGER) AS video_id, key, first_day
    FROM (SELECT item_key AS key, ${day} AS first_day FROM interactions GROUP BY item_key) t`);
  return midnight;
}
