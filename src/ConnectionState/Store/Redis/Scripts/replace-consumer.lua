#!lua
-- Replaces what is kept of a consumer of the feed, if it is still what was expected.
--
-- KEYS  1 consumers
-- ARGV  1 the consumer  2 what is expected, or empty for nothing  3 the replacement
-- Returns what is stored afterwards.

local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then
  return current
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]
