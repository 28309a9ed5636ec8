-- Clean impressions of content. Ads are in ads.sql: they are chosen by bids, so they say little about taste and position.
SELECT c.* FROM checked_impressions c WHERE c.reason IS NULL AND c.campaign = 0
