-- Users with their segment (age band × region). From raw_users, whose columns are codes.
SELECT r.user_id, r.join_day, r.age_band, r.region, r.device, r.language,
       CAST(CAST(r.age_band AS INTEGER) * :regions + r.region AS INTEGER) AS segment
FROM raw_users r
