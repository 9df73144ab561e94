#!lua
-- Whether the partition can be written and told of, by a user who may ask for the time.
--
-- KEYS  1 probe
-- ARGV  1 the channel  2 the message

redis.call('TIME')
redis.call('SET', KEYS[1], '', 'PX', 1000)
redis.call('SPUBLISH', ARGV[1], ARGV[2])
