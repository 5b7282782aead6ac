-- Takes off an owner's timers: cancelled ones whatever they say, handled ones only where they were not set anew since.
--
-- KEYS  1 timers (sorted set: id by due, ms)   2 payloads (hash: id to JSON)
-- ARGV  two for each timer: id, and the due that was handled (ms) or "" for any
-- Gives how many were taken off.
local removed = 0
for i = 1, #ARGV, 2 do
  local due = redis.call("ZSCORE", KEYS[1], ARGV[i])
  if due and (ARGV[i + 1] == "" or tonumber(due) == tonumber(ARGV[i + 1])) then
    redis.call("ZREM", KEYS[1], ARGV[i])
    redis.call("HDEL", KEYS[2], ARGV[i])
    removed = removed + 1
  end
end
return removed
