-- Per video: counts before :day (and of its last :recent_days), age_days, and parent rates: creator within topic, drawn to the topic's, drawn to all videos'.
WITH counts AS (
  SELECT v.video_id, v.topic, v.creator, CAST(v.duration_ms AS DOUBLE) AS duration_ms, CAST(greatest(:day - v.upload_day, 0) AS DOUBLE) AS age_days,
         coalesce(t.impressions, 0e0) AS impressions, coalesce(t.clicks, 0e0) AS clicks, coalesce(t.watch_ms, 0e0) AS watch_ms,
         coalesce(t.likes, 0e0) AS likes, coalesce(t.hides, 0e0) AS hides,
         coalesce(t.recent_impressions, 0e0) AS recent_impressions, coalesce(t.recent_watch_ms, 0e0) AS recent_watch_ms
  FROM videos v
  LEFT JOIN (
    SELECT d.video_id, sum(CAST(d.impressions AS DOUBLE)) AS impressions, sum(CAST(d.clicks AS DOUBLE)) AS clicks,
           sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms, sum(CAST(d.likes AS DOUBLE)) AS likes, sum(CAST(d.hides AS DOUBLE)) AS hides,
           sum(CASE WHEN d.day >= :day - :recent_days THEN CAST(d.impressions AS DOUBLE) ELSE 0e0 END) AS recent_impressions,
           sum(CASE WHEN d.day >= :day - :recent_days THEN CAST(d.watch_ms AS DOUBLE) ELSE 0e0 END) AS recent_watch_ms
    FROM video_days d WHERE d.day < :day GROUP BY d.video_id
  ) t ON t.video_id = v.video_id
), families AS (
  SELECT c.*,
         sum(c.impressions) OVER (PARTITION BY c.topic) AS topic_impressions, sum(c.clicks) OVER (PARTITION BY c.topic) AS topic_clicks,
         sum(c.watch_ms) OVER (PARTITION BY c.topic) AS topic_watch_ms,
         sum(c.impressions) OVER (PARTITION BY c.creator, c.topic) AS parent_impressions, sum(c.clicks) OVER (PARTITION BY c.creator, c.topic) AS parent_clicks,
         sum(c.watch_ms) OVER (PARTITION BY c.creator, c.topic) AS parent_watch_ms
  FROM counts c
), topics AS (
  SELECT f.*, g.*,
         (f.topic_clicks + 200e0 * g.global_click_rate) / (f.topic_impressions + 200e0) AS topic_click_rate,
         (f.topic_watch_ms / 1000e0 + 200e0 * g.global_watch_rate) / (f.topic_impressions + 200e0) AS topic_watch_rate,
         (f.topic_watch_ms / 1000e0 + 50e0 * g.global_watch_per_click) / (f.topic_clicks + 50e0) AS topic_watch_per_click
  FROM families f CROSS JOIN snap_global g
)
SELECT t.*,
       (t.parent_clicks + 60e0 * t.topic_click_rate) / (t.parent_impressions + 60e0) AS parent_click_rate,
       (t.parent_watch_ms / 1000e0 + 60e0 * t.topic_watch_rate) / (t.parent_impressions + 60e0) AS parent_watch_rate,
       (t.parent_watch_ms / 1000e0 + 15e0 * t.topic_watch_per_click) / (t.parent_clicks + 15e0) AS parent_watch_per_click
FROM topics t
