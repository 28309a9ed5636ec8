-- What a day adds to each video.
SELECT i.day, i.video_id,
       CAST(count(*) AS INTEGER) AS impressions, CAST(sum(i.click) AS INTEGER) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms,
       CAST(sum(i.like) AS INTEGER) AS likes, CAST(sum(i.share) AS INTEGER) AS shares, CAST(sum(i.hide) AS INTEGER) AS hides
FROM impressions i
GROUP BY i.day, i.video_id
