-- Every raw event of a day with what the catalogue says of it and the name of the first expectation it fails (NULL: none).
-- The names are listed, with their meaning, in expectations.ts.
-- A page of n rows whose powers of two add up to 2^n - 1 has the positions 0 to n - 1, once each: only other pages are looked through.
WITH other_pages AS (
  SELECT r.request_id FROM raw_events r GROUP BY r.request_id
  HAVING count(*) > 50 OR coalesce(sum(power(2e0, r.position)), 0e0) <> power(2e0, count(*)) - 1e0
), repeated_positions AS (
  SELECT r.request_id, r.position FROM raw_events r WHERE r.request_id IN (SELECT o.request_id FROM other_pages o)
  GROUP BY r.request_id, r.position HAVING count(*) > 1
), repeated_videos AS (
  SELECT r.request_id, r.video_id, r.campaign FROM raw_events r GROUP BY r.request_id, r.video_id, r.campaign HAVING count(*) > 1
)
SELECT i.*, u.segment, v.topic, v.creator, v.duration_bucket,
       CASE
         WHEN i.request_id IS NULL OR i.session_id IS NULL OR i.user_id IS NULL OR i.video_id IS NULL OR i.day IS NULL OR i.time_ms IS NULL
           OR i.page IS NULL OR i.position IS NULL OR i.propensity IS NULL OR i.click IS NULL OR i.watch_ms IS NULL OR i.campaign IS NULL
           THEN 'no_missing_value'
         WHEN u.user_id IS NULL THEN 'known_user'
         WHEN v.video_id IS NULL THEN 'known_video'
         WHEN i.day <> :day THEN 'day_of_partition'
         WHEN i.time_ms < 0 OR i.time_ms > 86399999 THEN 'time_in_day'
         WHEN i.request_id <> i.session_id * 64 + i.page THEN 'request_of_session'
         WHEN u.join_day > i.day THEN 'user_has_joined'
         WHEN v.upload_day > i.day THEN 'video_is_live'
         WHEN i.propensity <= 0 OR i.propensity > 1 THEN 'propensity_in_range'
         WHEN i.click > 1 OR i.like > 1 OR i.share > 1 OR i.hide > 1 OR i.follow > 1 THEN 'flag_is_0_or_1'
         WHEN i.click = 0 AND i.watch_ms <> 0 THEN 'no_watch_without_click'
         WHEN i.watch_ms < 0 OR i.watch_ms > v.duration_ms THEN 'watch_within_duration'
         WHEN i.revenue_micros < 0 THEN 'revenue_not_negative'
         WHEN p.request_id IS NOT NULL THEN 'one_row_a_position'
         WHEN d.request_id IS NOT NULL THEN 'one_video_once_a_page'
       END AS reason
FROM raw_events i
LEFT JOIN users u ON u.user_id = i.user_id
LEFT JOIN videos v ON v.video_id = i.video_id
LEFT JOIN repeated_positions p ON p.request_id = i.request_id AND p.position = i.position
LEFT JOIN repeated_videos d ON d.request_id = i.request_id AND d.video_id = i.video_id AND d.campaign = i.campaign
