#!lua
-- Removes a process from the fleet, and announces it.
--
-- KEYS  1 fleet, also the name of the channel
-- ARGV  1 the id of the process

for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if string.match(member, '^[^ ]+') == ARGV[1] then
    redis.call('ZREM', KEYS[1], member)
    redis.call('SPUBLISH', KEYS[1], '')
  end
end
