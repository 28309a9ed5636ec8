-- One row a visit: when it began and was last seen to ask for a page, and what was done in it.
SELECT i.day, i.session_id, i.user_id, min(i.time_ms) AS start_ms, max(i.time_ms) AS last_page_ms,
       CAST(count(DISTINCT i.request_id) AS BIGINT) AS pages, CAST(count(*) AS BIGINT) AS impressions, CAST(sum(i.click) AS BIGINT) AS clicks,
       CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms, CAST(sum(i.like) AS BIGINT) AS likes, CAST(sum(i.hide) AS BIGINT) AS hides
FROM impressions i
GROUP BY i.day, i.session_id, i.user_id
