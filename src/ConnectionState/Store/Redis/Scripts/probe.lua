#!lua
-- Fails like a commit would: on a replica, out of memory, with too few replicas, without the permissions of commits and the timer.
--
-- KEYS  1 probe
-- ARGV  1 the channel of the partition  2 the number of bytes to write

if not (redis.acl_check_cmd('XADD', KEYS[1], '*', '', '') and redis.acl_check_cmd('XRANGE', KEYS[1], '-', '+')
    and redis.acl_check_cmd('DEL', KEYS[1]) and redis.acl_check_cmd('ZSCORE', KEYS[1], '')
    and redis.acl_check_cmd('ZADD', KEYS[1], '0', '') and redis.acl_check_cmd('ZREM', KEYS[1], '')
    and redis.acl_check_cmd('HGET', KEYS[1], '') and redis.acl_check_cmd('HINCRBY', KEYS[1], '', '1')
    and redis.acl_check_cmd('EXPIRE', KEYS[1], '1') and redis.acl_check_cmd('HGETALL', KEYS[1])
    and redis.acl_check_cmd('ZCOUNT', KEYS[1], '0', '0') and redis.acl_check_cmd('ZRANGE', KEYS[1], '0', '0')
    and redis.acl_check_cmd('SPUBLISH', ARGV[1], '')) then
  return redis.error_reply('NOPERM the user may not run one of the commands of a commit')
end

redis.call('TIME')
redis.call('SET', KEYS[1], string.rep(' ', tonumber(ARGV[2])), 'PX', 1000)
