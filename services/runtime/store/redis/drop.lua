-- Drops documents of one shard whose time is over.
--
-- KEYS  1 index   2 expiry (sorted set: key by the time it is dropped, ms)   3… documents
-- ARGV  1 now, ms   2… the key of each document
-- Gives how many were dropped. One that was written anew in between, and so is kept longer, stays.
local dropped = 0
for i = 3, #KEYS do
  local key = ARGV[i - 1]
  local due = redis.call("ZSCORE", KEYS[2], key)
  if due and tonumber(due) <= tonumber(ARGV[1]) then
    redis.call("DEL", KEYS[i])
    redis.call("ZREM", KEYS[1], key)
    redis.call("ZREM", KEYS[2], key)
    dropped = dropped + 1
  end
end
return dropped
