-- Per user: counts before :day, over all time and the last 1, 7 and 28 days; inactive_days (30: never active), account_days; the global rates.
SELECT u.user_id, coalesce(t.impressions, 0e0) AS impressions, coalesce(t.clicks, 0e0) AS clicks, coalesce(t.watch_ms, 0e0) AS watch_ms,
       coalesce(t.hides, 0e0) AS hides, coalesce(t.clicks_1d, 0e0) AS clicks_1d, coalesce(t.clicks_7d, 0e0) AS clicks_7d,
       coalesce(t.clicks_28d, 0e0) AS clicks_28d, coalesce(t.watch_ms_1d, 0e0) AS watch_ms_1d, coalesce(t.watch_ms_7d, 0e0) AS watch_ms_7d,
       coalesce(t.watch_ms_28d, 0e0) AS watch_ms_28d,
       coalesce(CAST(:day - t.last_day AS DOUBLE), 30e0) AS inactive_days,
       CAST(greatest(:day - u.join_day, 0) AS DOUBLE) AS account_days, g.*
FROM users u
LEFT JOIN (
  SELECT d.user_id, max(d.day) AS last_day,
         CAST(sum(d.impressions) AS DOUBLE) AS impressions, CAST(sum(d.clicks) AS DOUBLE) AS clicks,
         CAST(sum(d.watch_ms) AS DOUBLE) AS watch_ms, CAST(sum(d.hides) AS DOUBLE) AS hides,
         CAST(sum(CASE WHEN d.day >= :day - 1 THEN d.clicks ELSE 0 END) AS DOUBLE) AS clicks_1d,
         CAST(sum(CASE WHEN d.day >= :day - 7 THEN d.clicks ELSE 0 END) AS DOUBLE) AS clicks_7d,
         CAST(sum(CASE WHEN d.day >= :day - 28 THEN d.clicks ELSE 0 END) AS DOUBLE) AS clicks_28d,
         CAST(sum(CASE WHEN d.day >= :day - 1 THEN d.watch_ms ELSE 0 END) AS DOUBLE) AS watch_ms_1d,
         CAST(sum(CASE WHEN d.day >= :day - 7 THEN d.watch_ms ELSE 0 END) AS DOUBLE) AS watch_ms_7d,
         CAST(sum(CASE WHEN d.day >= :day - 28 THEN d.watch_ms ELSE 0 END) AS DOUBLE) AS watch_ms_28d
  FROM user_days d WHERE d.day < :day GROUP BY d.user_id
) t ON t.user_id = u.user_id
CROSS JOIN snap_global g
