#!lua
-- Stores one commit of a merchant, if the merchant is still at the position that was read. All or nothing. Knows nothing about states.
--
-- KEYS  1 merchant  2 changes  3 due  4 claims
-- ARGV  1 the position line that was read, or empty if nothing was stored
--       2 the new value of the merchant    3 its revision    4 the history entry    5 the number of history entries to keep
--       6 the next deadline in ms, or empty if there is none                        7 the merchant's member in the set of deadlines
--       8 the claim, or empty if there is none               9 the time of the claim in ms
--      10 the channel                                       11 the notification
-- Returns 1 if the commit was stored; otherwise the current value of the merchant, or nil.

local merchant, changes, due, claims = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, deadline, claim, channel = ARGV[1], ARGV[6], ARGV[8], ARGV[10]

-- Redis does not roll back: everything that can fail must fail before the first write.
for key, kind in pairs({[merchant] = 'string', [changes] = 'stream', [due] = 'zset', [claims] = 'zset'}) do
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. kind)
  end
end

if redis.call('GETRANGE', merchant, 0, math.max(#expected - 1, 0)) ~= expected
    or (expected == '' and redis.call('EXISTS', merchant) == 1) then
  return redis.call('GET', merchant)
end

if not (redis.acl_check_cmd('SET', merchant, '') and redis.acl_check_cmd('XADD', changes, '*', '', '')
    and redis.acl_check_cmd('XRANGE', changes, '-', '+') and redis.acl_check_cmd('DEL', changes)
    and redis.acl_check_cmd('ZSCORE', due, '')
    and redis.acl_check_cmd('ZADD', due, '0', '') and redis.acl_check_cmd('ZREM', due, '')
    and redis.acl_check_cmd('ZADD', claims, '0', '') and redis.acl_check_cmd('SPUBLISH', channel, '')) then
  return redis.error_reply('NOPERM the user may not run one of the commands of a commit')
end

-- After a record was restored from an older copy, its history has newer entries than the record. They must go. A stream never accepts an
-- id below its highest one, so the older entries move to a new stream.
local id = ARGV[3] .. '-0'
local failed = redis.pcall('XADD', changes, 'MAXLEN', ARGV[5], id, 'commit', ARGV[4]).err
if failed and not string.find(failed, 'equal or smaller', 1, true) then
  return redis.error_reply(failed)
elseif failed then
  local older = redis.call('XRANGE', changes, '-', '(' .. id)
  redis.call('DEL', changes)
  for _, entry in ipairs(older) do
    redis.call('XADD', changes, entry[1], unpack(entry[2]))
  end
  redis.call('XADD', changes, 'MAXLEN', ARGV[5], id, 'commit', ARGV[4])
end

redis.call('SET', merchant, ARGV[2])
if claim ~= '' then
  redis.call('ZADD', claims, ARGV[9], claim)
end

local previous = redis.call('ZSCORE', due, ARGV[7])
if deadline == '' then
  if previous then redis.call('ZREM', due, ARGV[7]) end
elseif previous ~= deadline then
  redis.call('ZADD', due, deadline, ARGV[7])
end

redis.call('SPUBLISH', channel, ARGV[11])
return 1
