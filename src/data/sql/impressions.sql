-- Clean impressions of content. Ads stand in ads.sql: they are chosen by bids, so they say little of taste and position.
SELECT c.* FROM checked_impressions c WHERE c.reason IS NULL AND c.campaign = 0
