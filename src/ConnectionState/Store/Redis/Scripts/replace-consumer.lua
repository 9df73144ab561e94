#!lua
-- Replaces what is kept of a consumer of the feed, if it is still what was expected.
--
-- KEYS  1 consumers
-- ARGV  1 the consumer  2 what is expected, or empty for nothing  3 the replacement, or empty to remove it  4 the maximum number of consumers
-- Returns what is stored afterwards; nothing if it would be one consumer too many.

local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then
  return current
end

if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif current == '' and #redis.call('HKEYS', KEYS[1]) >= tonumber(ARGV[4]) then
  return false
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return ARGV[3]
