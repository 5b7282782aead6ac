-- Takes a place under a cap, or prolongs the one that is held; holders whose time is over go first.
--
-- KEYS  1 holders (sorted set: holder by the time its place ends, ms)
-- ARGV  1 holder   2 cap   3 until when, ms   4 now, ms
-- Gives {1, held} granted, or {0, held} refused; held counts the holder itself where it has a place.
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", ARGV[4])
local held = redis.call("ZCARD", KEYS[1])
local already = redis.call("ZSCORE", KEYS[1], ARGV[1])
if not already and held >= tonumber(ARGV[2]) then
  return {0, held}
end
-- GT: asking again never shortens.
redis.call("ZADD", KEYS[1], "GT", ARGV[3], ARGV[1])
return {1, already and held or held + 1}
