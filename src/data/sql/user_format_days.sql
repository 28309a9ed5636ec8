-- What a day adds to each user and duration bucket.
SELECT i.day, i.user_id, i.duration_bucket,
       CAST(count(*) AS INTEGER) AS impressions, CAST(sum(i.click) AS INTEGER) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms
FROM impressions i
GROUP BY i.day, i.user_id, i.duration_bucket
