#!lua flags=no-writes
-- Reads the candidates of sessions that were found in a page list part, and the parts as they are now if the merchant has changed since.
--
-- KEYS  1 page list part  2 remembered requests  3... candidates of the sessions
-- ARGV  1 the position line that was read
-- Returns 1 and the two parts if the merchant has another position by now, otherwise 0 and two times nil; then the candidates, nil for those
-- that are missing.

local unchanged = redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) == ARGV[1]
local reply = unchanged and {0, false, false} or {1, redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])}
for i = 3, #KEYS do
  reply[i + 1] = redis.call('GET', KEYS[i])
end

return reply
