-- What a day adds to each user and creator. Impressions of a creator without a click would make this the largest table by far, for little.
SELECT i.day, i.user_id, i.creator,
       CAST(sum(i.click) AS INTEGER) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms, CAST(sum(i.follow) AS INTEGER) AS follows
FROM impressions i
WHERE i.click = 1 OR i.follow = 1
GROUP BY i.day, i.user_id, i.creator
