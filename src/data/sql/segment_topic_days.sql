-- What a day adds to each segment (age band × region) and topic.
SELECT i.day, i.segment, i.topic,
       CAST(count(*) AS INTEGER) AS impressions, CAST(sum(i.click) AS INTEGER) AS clicks, CAST(sum(i.watch_ms) AS BIGINT) AS watch_ms
FROM impressions i
GROUP BY i.day, i.segment, i.topic
