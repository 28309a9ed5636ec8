-- Each user's last watches before midnight of :day, at most :length of them, oldest first when ordered by user_id and rank descending.
SELECT w.user_id, w.video_id, w.watch_ms, w.day, w.time_ms, w.newest
FROM (
  SELECT t.*, row_number() OVER (PARTITION BY t.user_id ORDER BY t.request_id DESC, t.slot DESC) AS newest
  FROM watches t WHERE t.day < :day
) w
WHERE w.newest <= :length
