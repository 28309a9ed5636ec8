-- One row per page: what was shown on it, and what was done.
SELECT i.day, i.user_id, i.session_id, i.request_id, min(i.time_ms) AS first_ms, max(i.time_ms) AS last_ms,
       CAST(count(*) AS INTEGER) AS impressions, CAST(sum(i.click) AS INTEGER) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms,
       CAST(sum(i.like) AS INTEGER) AS likes, CAST(sum(i.hide) AS INTEGER) AS hides
FROM impressions i
GROUP BY i.day, i.user_id, i.session_id, i.request_id
