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
         sum(CAST(d.impressions AS DOUBLE)) AS impressions, sum(CAST(d.clicks AS DOUBLE)) AS clicks,
         sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms, sum(CAST(d.hides AS DOUBLE)) AS hides,
         sum(CASE WHEN d.day >= :day - 1 THEN CAST(d.clicks AS DOUBLE) ELSE 0e0 END) AS clicks_1d,
         sum(CASE WHEN d.day >= :day - 7 THEN CAST(d.clicks AS DOUBLE) ELSE 0e0 END) AS clicks_7d,
         sum(CASE WHEN d.day >= :day - 28 THEN CAST(d.clicks AS DOUBLE) ELSE 0e0 END) AS clicks_28d,
         sum(CASE WHEN d.day >= :day - 1 THEN CAST(d.watch_ms AS DOUBLE) ELSE 0e0 END) AS watch_ms_1d,
         sum(CASE WHEN d.day >= :day - 7 THEN CAST(d.watch_ms AS DOUBLE) ELSE 0e0 END) AS watch_ms_7d,
         sum(CASE WHEN d.day >= :day - 28 THEN CAST(d.watch_ms AS DOUBLE) ELSE 0e0 END) AS watch_ms_28d
  FROM user_days d WHERE d.day < :day GROUP BY d.user_id
) t ON t.user_id = u.user_id
CROSS JOIN snap_global g
