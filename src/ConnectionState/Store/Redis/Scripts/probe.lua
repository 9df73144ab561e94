#!lua
-- Whether the partition can be written and told of, by a user who may run what commits and the timer run.
--
-- KEYS  1 probe
-- ARGV  1 the channel  2 the message

if not (redis.acl_check_cmd('XADD', KEYS[1], '*', '', '') and redis.acl_check_cmd('ZADD', KEYS[1], '0', '')
    and redis.acl_check_cmd('DEL', KEYS[1]) and redis.acl_check_cmd('ZREM', KEYS[1], '')) then
  return redis.error_reply('NOPERM the user may not run one of the commands of a commit')
end

redis.call('TIME')
redis.call('SET', KEYS[1], '', 'PX', 1000)
redis.call('SPUBLISH', ARGV[1], ARGV[2])
