#!lua
-- Stores until when a merchant's tokens are revoked, unless a later time is stored, and announces it.
--
-- KEYS  1 revocations, also the name of the channel
-- ARGV  1 the merchant  2 the time, in ms since 1970  3 the time before which revocations are removed

redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])

-- Not all at once: unpack has a limit. The next revocation removes more.
local old = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. ARGV[3], 'BYSCORE', 'LIMIT', 0, 1000)
if #old > 0 then
  redis.call('ZREM', KEYS[1], unpack(old))
end

redis.call('SPUBLISH', KEYS[1], '')
