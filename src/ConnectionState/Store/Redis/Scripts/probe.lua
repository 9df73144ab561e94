#!lua
-- Fails like the service would: on a replica, out of memory, with too few replicas, without a permission that commits, the timer, the feed, the
-- directory, the tally or the consumers need.
--
-- KEYS  1 probe
-- ARGV  1 the channel of the partition  2 the number of bytes to write

local key = KEYS[1]
local needed = {
  {'GET', key}, {'GETRANGE', key, '0', '0'}, {'SET', key, ''}, {'SETNX', key, ''}, {'DEL', key}, {'EXISTS', key}, {'EXPIRE', key, '1'},
  {'HGET', key, ''}, {'HGETALL', key}, {'HINCRBY', key, '', '1'}, {'HKEYS', key}, {'HSET', key, '', ''}, {'HDEL', key, ''},
  {'XADD', key, '*', '', ''}, {'XDEL', key, '1-0'}, {'XRANGE', key, '-', '+'}, {'XREVRANGE', key, '+', '-'},
  {'ZADD', key, '0', ''}, {'ZRANGE', key, '0', '0'}, {'ZRANGEBYLEX', key, '-', '+'}, {'ZRANGEBYSCORE', key, '0', '0'}, {'ZREM', key, ''},
  {'ZSCORE', key, ''}, {'SPUBLISH', ARGV[1], ''},
}
for _, command in ipairs(needed) do
  if not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM the user may not run ' .. command[1])
  end
end

redis.call('TIME')
redis.call('SET', key, string.rep(' ', tonumber(ARGV[2])), 'PX', 1000)
