-- One row per visit: when it began and was last seen to ask for a page, and what was done in it.
SELECT p.day, p.session_id, p.user_id, min(p.first_ms) AS start_ms, max(p.last_ms) AS last_page_ms,
       CAST(count(*) AS INTEGER) AS pages, CAST(sum(p.impressions) AS INTEGER) AS impressions, CAST(sum(p.clicks) AS INTEGER) AS clicks,
       CAST(sum(p.watch_ms) AS BIGINT) AS watch_ms, CAST(sum(p.likes) AS INTEGER) AS likes, CAST(sum(p.hides) AS INTEGER) AS hides
FROM pages p
GROUP BY p.day, p.session_id, p.user_id
