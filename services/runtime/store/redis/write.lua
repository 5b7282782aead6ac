-- Applies writes of documents, in their order, each by itself whole or not at all. On a cluster all are of one shard.
--
-- KEYS  three for each write: the index of its shard (sorted set of keys, all scores 0), the expiry of its shard (sorted set:
--       key by the time it is dropped, ms), the document
-- ARGV  1 how long a deletion that has seen a position is remembered, ms   2 how long any other deletion is, ms
--       then nine for each write:
--       key; "put" or "del"; token; expected version, or "" for any; epoch, partition, offset (each "" without a position);
--       when it is dropped (ms; "0": never; "": its noun never is); the JSON ("" for "del")
-- Gives one of these for each write:
--       {1, version}                  applied now, or before: the token is the one that was written last
--       {0, "version" | "stale", record or ""}   refused; the stored record
--       {-1}                          what is stored is no record
--
-- A record is "version epoch partition offset token\nJSON"; "-" stands for no position. Version 0: deleted, without JSON.
-- The token makes a write that was sent twice, because its answer was lost, one write.
local per_write = 9
local results = {}
for i = 1, #KEYS / 3 do
  local at = 2 + (i - 1) * per_write
  local key, kind, token, expected = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local epoch, partition, offset = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
  local expires, json = ARGV[at + 8], ARGV[at + 9]
  local index, expiry, document = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]

  -- The head alone: documents may be megabytes, and most writes need not look at them.
  local head = redis.call("GETRANGE", document, 0, 159)
  local version, old_epoch, old_partition, old_offset, old_token = 0, "-", "-", "-", ""
  local sound = true
  if head ~= "" then
    local v, e, p, o, t = string.match(head, "^(%d+) (%S+) (%S+) (%S+) (%S+)\n")
    if v then
      version, old_epoch, old_partition, old_offset, old_token = tonumber(v), e, p, o, t
    else
      sound = false
    end
  end

  if not sound then
    results[i] = {-1}
  elseif token == old_token then
    results[i] = {1, version}
  else
    local refusal = nil
    if offset ~= "" and old_epoch == epoch and old_partition == partition and tonumber(offset) <= tonumber(old_offset) then
      refusal = "stale"
    elseif expected ~= "" and tonumber(expected) ~= version then
      refusal = "version"
    end
    if refusal then
      results[i] = {0, refusal, version > 0 and redis.call("GET", document) or ""}
    else
      if offset == "" then
        epoch, partition, offset = old_epoch, old_partition, old_offset
      end
      local position = epoch .. " " .. partition .. " " .. offset
      if kind == "put" then
        redis.call("SET", document, string.format("%.0f", version + 1) .. " " .. position .. " " .. token .. "\n" .. json)
        if version == 0 then
          redis.call("ZADD", index, 0, key)
        end
        if expires == "0" then
          redis.call("ZREM", expiry, key)
        elseif expires ~= "" then
          redis.call("ZADD", expiry, expires, key)
        end
        results[i] = {1, version + 1}
      else
        redis.call("SET", document, "0 " .. position .. " " .. token .. "\n", "PX", offset == "-" and ARGV[2] or ARGV[1])
        redis.call("ZREM", index, key)
        redis.call("ZREM", expiry, key)
        results[i] = {1, 0}
      end
    end
  end
end
return results
