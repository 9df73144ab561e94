#!lua
-- Moves the deadline of a merchant, unless it has moved by itself.
--
-- KEYS  1 due
-- ARGV  1 the merchant  2 the deadline that was seen, in ms  3 the deadline from now on, in ms; empty: none

if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then
  if ARGV[3] == '' then
    redis.call('ZREM', KEYS[1], ARGV[1])
  else
    redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
  end
end
