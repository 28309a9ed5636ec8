-- What a day adds to each video.
SELECT i.day, i.video_id,
       CAST(count(*) AS BIGINT) AS impressions, CAST(sum(i.click) AS BIGINT) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms,
       CAST(sum(i.like) AS BIGINT) AS likes, CAST(sum(i.share) AS BIGINT) AS shares, CAST(sum(i.hide) AS BIGINT) AS hides
FROM impressions i
GROUP BY i.day, i.video_id
