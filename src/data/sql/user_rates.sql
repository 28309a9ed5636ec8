-- Each seen user's own smoothed rates before :day (watch in seconds), the prior of the user's pairs, and user_watch_ms.
SELECT t.user_id, t.watch_ms AS user_watch_ms,
       (t.clicks + 30e0 * g.global_click_rate) / (t.impressions + 30e0) AS user_click_rate,
       (t.watch_ms / 1000e0 + 30e0 * g.global_watch_rate) / (t.impressions + 30e0) AS user_watch_rate,
       (t.watch_ms / 1000e0 + 10e0 * g.global_watch_per_click) / (t.clicks + 10e0) AS user_watch_per_click
FROM (
  SELECT d.user_id, sum(CAST(d.impressions AS DOUBLE)) AS impressions, sum(CAST(d.clicks AS DOUBLE)) AS clicks, sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms
  FROM user_days d WHERE d.day < :day GROUP BY d.user_id
) t CROSS JOIN snap_global g
