-- Clean impressions of ads (campaign is the campaign's id + 1).
SELECT c.* FROM checked_impressions c WHERE c.reason IS NULL AND c.campaign > 0
