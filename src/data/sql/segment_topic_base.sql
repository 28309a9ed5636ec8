-- Per segment and topic that met before :day: counts, and the topic's rates over all segments.
SELECT t.*,
       (t.topic_clicks + 200e0 * g.global_click_rate) / (t.topic_impressions + 200e0) AS topic_click_rate,
       (t.topic_watch_ms / 1000e0 + 200e0 * g.global_watch_rate) / (t.topic_impressions + 200e0) AS topic_watch_rate
FROM (
  SELECT s.*, sum(s.impressions) OVER (PARTITION BY s.topic) AS topic_impressions, sum(s.clicks) OVER (PARTITION BY s.topic) AS topic_clicks,
         sum(s.watch_ms) OVER (PARTITION BY s.topic) AS topic_watch_ms
  FROM (
    SELECT d.segment, d.topic, sum(CAST(d.impressions AS DOUBLE)) AS impressions, sum(CAST(d.clicks AS DOUBLE)) AS clicks, sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms
    FROM segment_topic_days d WHERE d.day < :day GROUP BY d.segment, d.topic
  ) s
) t CROSS JOIN snap_global g
