-- Which videos each user clicked on a day.
SELECT i.day, i.user_id, i.video_id,
       CAST(sum(i.click) AS INTEGER) AS clicks
FROM impressions i
WHERE i.click = 1
GROUP BY i.day, i.user_id, i.video_id
