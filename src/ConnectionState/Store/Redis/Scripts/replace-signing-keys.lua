#!lua
-- Replaces the signing keys, if they are still the expected ones.
--
-- KEYS  1 signing keys
-- ARGV  1 the expected keys, or empty for none  2 the new keys
-- Returns the keys that are stored afterwards.

local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then
  return current
end

redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]
