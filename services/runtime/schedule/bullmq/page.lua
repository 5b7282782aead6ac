-- Reads an owner's timers in the order they fall due, then by id; behind one that was read before.
--
-- KEYS  1 timers (sorted set: id by due, ms)   2 payloads (hash: id to JSON)
-- ARGV  1 how many at most   2 due of the last one read (ms), or "" to begin   3 its id
-- Gives id, due, payload (or false) of each, one after the other. Where the last one is gone by now, those that fall due
-- at the same time may be given again.
local start = 0
if ARGV[2] ~= "" then
  local due = redis.call("ZSCORE", KEYS[1], ARGV[3])
  if due and tonumber(due) == tonumber(ARGV[2]) then
    start = redis.call("ZRANK", KEYS[1], ARGV[3]) + 1
  else
    start = redis.call("ZCOUNT", KEYS[1], "-inf", "(" .. ARGV[2])
  end
end
local found = redis.call("ZRANGE", KEYS[1], start, start + tonumber(ARGV[1]) - 1, "WITHSCORES")
local page = {}
for i = 1, #found, 2 do
  page[#page + 1] = found[i]
  page[#page + 1] = found[i + 1]
  page[#page + 1] = redis.call("HGET", KEYS[2], found[i])
end
return page
