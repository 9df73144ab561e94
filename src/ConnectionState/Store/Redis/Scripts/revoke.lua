#!lua
-- Stores until when a merchant's tokens are revoked, unless a later time is stored, and announces it.
--
-- KEYS  1 revocations, also the name of the channel
-- ARGV  1 the merchant  2 the time, in ms since 1970  3 the time before which revocations are removed  4 how long the set is kept, in ms

redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('SPUBLISH', KEYS[1], '')
