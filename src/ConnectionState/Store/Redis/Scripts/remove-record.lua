#!lua
-- Removes what the partition keeps of a merchant whose record is erased, if it is still at the position that was read. Also what is left if the record
-- is gone already.
--
-- KEYS  1 page list part  2 changes  3 due  4 claims  5 directory
-- ARGV  1 the position line that was read  2 the merchant: its member in the set of deadlines and in the directory
--       3 the channel  4 the notification  5... its members in the set of claims
-- Returns 1 if nothing is kept of the merchant, 0 if it has changed.

local stored = redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1)
if stored ~= ARGV[1] and redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end

-- The record last: if one of the others fails, a repeat finds it.
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[2])
for n = 5, #ARGV do
  redis.call('ZREM', KEYS[4], ARGV[n])
end
redis.call('ZREM', KEYS[5], ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('SPUBLISH', ARGV[3], ARGV[4])
return 1
