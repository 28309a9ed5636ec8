-- The visit before each page within a topic, for the topics the page shows.
SELECT p.request_id, p.topic,
       CAST(coalesce(sum(p.impressions) OVER (PARTITION BY p.session_id, p.topic ORDER BY p.request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS DOUBLE) AS impressions,
       CAST(coalesce(sum(p.clicks) OVER (PARTITION BY p.session_id, p.topic ORDER BY p.request_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS DOUBLE) AS clicks
FROM (
  SELECT i.session_id, i.request_id, i.topic, count(*) AS impressions, sum(i.click) AS clicks
  FROM impressions i GROUP BY i.session_id, i.request_id, i.topic
) p
