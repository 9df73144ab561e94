#!lua flags=no-writes
-- Reads the oldest and the newest entry of the feeds of partitions.
--
-- KEYS  the feeds
-- Returns for each feed: the id and the commit of its oldest entry, then those of its newest entry; nothing if it is empty.

local reply = {}
for i, key in ipairs(KEYS) do
  local first = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  reply[i] = first and {first[1], first[2][4], last[1], last[2][4]} or {}
end

return reply
