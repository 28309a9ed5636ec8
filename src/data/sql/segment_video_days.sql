-- What a day adds to each segment and video.
SELECT i.day, i.segment, i.video_id,
       CAST(count(*) AS INTEGER) AS impressions, CAST(sum(i.click) AS INTEGER) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms
FROM impressions i
GROUP BY i.day, i.segment, i.video_id
