-- Videos with their duration bucket ("format"). From raw_videos, whose columns are codes.
SELECT r.video_id, r.upload_day, r.topic, r.creator, r.duration_ms, r.language, r.sponsored,
       CASE WHEN r.duration_ms < :bound_0 THEN 0
            WHEN r.duration_ms < :bound_1 THEN 1
            WHEN r.duration_ms < :bound_2 THEN 2
            WHEN r.duration_ms < :bound_3 THEN 3
            WHEN r.duration_ms < :bound_4 THEN 4
            ELSE 5 END AS duration_bucket
FROM raw_videos r
