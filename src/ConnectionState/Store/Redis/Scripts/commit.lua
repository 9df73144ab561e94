#!lua
-- Stores one commit of a merchant if it is still as it was read: all of it or nothing. Decides nothing about states.
--
-- KEYS  1 merchant  2 changes  3 due  4 claims
-- ARGV  1 the line with the place that was read; empty: nothing was stored
--       2 the merchant from now on   3 its revision     4 the entry of its history   5 how many entries are kept
--       6 the deadline in ms; empty: none               7 the merchant's name in the index of deadlines
--       8 the claim; empty: none                        9 when it was made, in ms
--      10 the channel                                  11 the notification
-- Answers 1 when it is stored; otherwise what is there instead: a string, or nil.

local merchant, changes, due, claims = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, deadline, claim, channel = ARGV[1], ARGV[6], ARGV[8], ARGV[10]

-- Whatever could fail fails here, before the first write.
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

-- What is newer than the record is left over from before the record was put back to an older one. A stream does not forget how far it
-- once was, so what is older goes into a new one.
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

local was = redis.call('ZSCORE', due, ARGV[7])
if deadline == '' then
  if was then redis.call('ZREM', due, ARGV[7]) end
elseif was ~= deadline then
  redis.call('ZADD', due, deadline, ARGV[7])
end

redis.call('SPUBLISH', channel, ARGV[11])
return 1
