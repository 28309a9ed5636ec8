-- What a day adds to each user.
SELECT p.day, p.user_id,
       CAST(sum(p.impressions) AS INTEGER) AS impressions, CAST(sum(p.clicks) AS INTEGER) AS clicks, CAST(sum(p.watch_ms) AS BIGINT) AS watch_ms,
       CAST(sum(p.hides) AS INTEGER) AS hides
FROM pages p
GROUP BY p.day, p.user_id
