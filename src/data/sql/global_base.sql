-- Overall rates before :day, smoothed to what is assumed before anything was seen (20 impressions' or clicks' worth); watch in seconds.
SELECT (t.clicks + 20e0 * 0.1e0) / (t.impressions + 20e0) AS global_click_rate,
       (t.watch_ms / 1000e0 + 20e0 * 3e0) / (t.impressions + 20e0) AS global_watch_rate,
       (t.watch_ms / 1000e0 + 20e0 * 30e0) / (t.clicks + 20e0) AS global_watch_per_click,
       (t.likes + 20e0 * 0.05e0) / (t.clicks + 20e0) AS global_like_rate,
       (t.hides + 20e0 * 0.005e0) / (t.impressions + 20e0) AS global_hide_rate,
       (t.watch_ms + 20e0 * 30000e0) / (t.clicked_ms + 20e0 * 100000e0) AS global_completion
FROM (
  SELECT coalesce(sum(CAST(d.impressions AS DOUBLE)), 0e0) AS impressions, coalesce(sum(CAST(d.clicks AS DOUBLE)), 0e0) AS clicks,
         coalesce(sum(CAST(d.watch_ms AS DOUBLE)), 0e0) AS watch_ms, coalesce(sum(CAST(d.likes AS DOUBLE)), 0e0) AS likes,
         coalesce(sum(CAST(d.hides AS DOUBLE)), 0e0) AS hides, coalesce(sum(CAST(d.clicks AS DOUBLE) * v.duration_ms), 0e0) AS clicked_ms
  FROM video_days d JOIN videos v ON v.video_id = d.video_id WHERE d.day < :day
) t
