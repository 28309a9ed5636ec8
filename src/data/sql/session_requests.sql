-- The visit before each page: running sums over its earlier pages.
SELECT p.request_id,
       CAST(coalesce(sum(p.impressions) OVER (PARTITION BY p.session_id ORDER BY p.request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS DOUBLE) AS impressions,
       CAST(coalesce(sum(p.clicks) OVER (PARTITION BY p.session_id ORDER BY p.request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS DOUBLE) AS clicks,
       CAST(coalesce(sum(p.watch_ms) OVER (PARTITION BY p.session_id ORDER BY p.request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS DOUBLE) AS watch_ms
FROM (
  SELECT i.session_id, i.request_id, count(*) AS impressions, sum(i.click) AS clicks, sum(i.watch_ms) AS watch_ms
  FROM impressions i GROUP BY i.session_id, i.request_id
) p
