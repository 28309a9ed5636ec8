-- Per creator of a video: counts before :day over the creator's videos, and the global rates.
SELECT c.creator, coalesce(t.impressions, 0e0) AS impressions, coalesce(t.clicks, 0e0) AS clicks, coalesce(t.watch_ms, 0e0) AS watch_ms, g.*
FROM (SELECT DISTINCT v.creator FROM videos v) c
LEFT JOIN (
  SELECT v.creator, sum(CAST(d.impressions AS DOUBLE)) AS impressions, sum(CAST(d.clicks AS DOUBLE)) AS clicks, sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms
  FROM video_days d JOIN videos v ON v.video_id = d.video_id WHERE d.day < :day GROUP BY v.creator
) t ON t.creator = c.creator
CROSS JOIN snap_global g
