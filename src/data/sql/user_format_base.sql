-- Per user and duration bucket that met before :day: counts, and the user's own rates.
SELECT t.*, r.user_watch_ms, r.user_click_rate, r.user_watch_rate
FROM (
  SELECT d.user_id, d.duration_bucket, sum(CAST(d.impressions AS DOUBLE)) AS impressions, sum(CAST(d.clicks AS DOUBLE)) AS clicks, sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms
  FROM user_format_days d WHERE d.day < :day GROUP BY d.user_id, d.duration_bucket
) t JOIN snap_user_rates r ON r.user_id = t.user_id
