-- Sets an owner's timers; a timer of the same id is replaced.
--
-- KEYS  1 timers (sorted set: id by due, ms)   2 payloads (hash: id to JSON)
-- ARGV  three for each timer: id, due (ms), payload as JSON or "" for none
-- Gives when the owner's earliest timer is due (ms, as text).
for i = 1, #ARGV, 3 do
  redis.call("ZADD", KEYS[1], ARGV[i + 1], ARGV[i])
  if ARGV[i + 2] == "" then
    redis.call("HDEL", KEYS[2], ARGV[i])
  else
    redis.call("HSET", KEYS[2], ARGV[i], ARGV[i + 2])
  end
end
return redis.call("ZRANGE", KEYS[1], 0, 0, "WITHSCORES")[2]
