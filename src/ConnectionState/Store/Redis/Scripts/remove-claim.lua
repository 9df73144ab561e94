#!lua
-- Removes a claim. A newer claim of the same merchant to the same page stays.
--
-- KEYS  1 claims
-- ARGV  1 the claim  2 its time in ms

if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
