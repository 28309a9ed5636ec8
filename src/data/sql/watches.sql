-- The event table of sequences: every watch (a click, with its dwell), one row each.
SELECT i.day, i.user_id, i.request_id, i.position AS slot, i.video_id, i.time_ms, i.watch_ms
FROM impressions i
WHERE i.click = 1
