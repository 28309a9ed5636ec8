-- What a day adds to each user.
SELECT i.day, i.user_id,
       CAST(count(*) AS BIGINT) AS impressions, CAST(sum(i.click) AS BIGINT) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms,
       CAST(sum(i.hide) AS BIGINT) AS hides
FROM impressions i
GROUP BY i.day, i.user_id
