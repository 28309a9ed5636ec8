-- Per user and creator with a click or a follow before :day: counts, and the user's own watch per click.
SELECT t.*, r.user_watch_per_click
FROM (
  SELECT d.user_id, d.creator, sum(CAST(d.clicks AS DOUBLE)) AS clicks, sum(CAST(d.watch_ms AS DOUBLE)) AS watch_ms, sum(CAST(d.follows AS DOUBLE)) AS follows
  FROM user_creator_days d WHERE d.day < :day GROUP BY d.user_id, d.creator
) t JOIN snap_user_rates r ON r.user_id = t.user_id
