-- What a day adds to each campaign.
SELECT a.day, a.campaign,
       CAST(count(*) AS INTEGER) AS impressions, CAST(sum(a.click) AS INTEGER) AS clicks, CAST(sum(a.watch_ms) AS BIGINT) AS watch_ms,
       CAST(sum(a.revenue_micros) AS BIGINT) AS revenue_micros
FROM ads a
GROUP BY a.day, a.campaign
