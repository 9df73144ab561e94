#!lua
-- Moves the deadline of a merchant, unless it has changed since it was read.
--
-- KEYS  1 due
-- ARGV  1 the merchant  2 the deadline that was read, in ms  3 the new deadline in ms, or empty if there is none

if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then
  if ARGV[3] == '' then
    redis.call('ZREM', KEYS[1], ARGV[1])
  else
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
  end
end
