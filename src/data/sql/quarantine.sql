-- The rows that fail an expectation, whole, with its name.
SELECT c.* FROM checked_impressions c WHERE c.reason IS NOT NULL
