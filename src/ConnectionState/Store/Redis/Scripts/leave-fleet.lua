#!lua
-- Removes a process from the fleet, and announces it.
--
-- KEYS  1 fleet, also the name of the channel
-- ARGV  1 the process

if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('SPUBLISH', KEYS[1], '')
end
