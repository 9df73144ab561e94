#!lua
-- Stores one commit of a merchant, if the merchant is still at the position that was read. All or nothing. Knows nothing about states.
--
-- KEYS  1 page list part  2 remembered requests  3 changes  4 due  5 claims  6... candidates of the sessions whose candidates change
-- ARGV  1 the position line that was read, or empty if nothing was stored
--       2 the new page list part                             3 the new remembered requests, or empty if they do not change
--       4 its revision      5 the history entry              6 the number of history entries to keep
--       7 the next deadline in ms, or empty if there is none  8 the merchant's member in the set of deadlines
--       9 the claim, or empty if there is none              10 the time of the claim in ms
--      11 the channel                                       12 the notification
--      13 whether a rejected commit needs the remembered requests, 1 or 0
--      14... for each of KEYS 6...: the new candidates, or empty if they are removed
-- Returns 1 if the commit was stored; otherwise the page list part as it is, and the remembered requests if they are needed.

local merchant, requests, changes, due, claims = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local expected, deadline, member, claim = ARGV[1], ARGV[7], ARGV[8], ARGV[9]

-- Redis does not roll back: everything that can fail must fail before the first write. A key of another type fails the command that reads it:
-- GETRANGE, ZSCORE and, for the history, XADD, which is the first write. SET replaces a key of any type. What the user may run is probed
-- at start and by the readiness checks (probe.lua). While the service runs, the user can lose a permission: XADD and SET fail before
-- anything is left behind, and those that would leave half a commit are asked for here.
if redis.call('GETRANGE', merchant, 0, math.max(#expected - 1, 0)) ~= expected
    or (expected == '' and redis.call('EXISTS', merchant) == 1) then
  return {redis.call('GET', merchant), ARGV[13] == '1' and redis.call('GET', requests)}
end

local previous = redis.call('ZSCORE', due, member)
if claim ~= '' then redis.call('ZSCORE', claims, claim) end

local removes_deadline = deadline == '' and previous
local removes_candidates = false
for n = 6, #KEYS do
  removes_candidates = removes_candidates or ARGV[n + 8] == ''
end
if not redis.acl_check_cmd('ZADD', due, '0', '') or not redis.acl_check_cmd('SPUBLISH', ARGV[11], '')
    or (removes_deadline and not redis.acl_check_cmd('ZREM', due, ''))
    or (removes_candidates and not redis.acl_check_cmd('DEL', KEYS[6])) then
  return redis.error_reply('NOPERM the user may not run one of the commands of a commit')
end

-- After a record was restored from an older copy, its history has newer entries than the record. They must go. A stream never accepts an
-- id below its highest one, so the older entries move to a new stream.
local id = ARGV[4] .. '-0'
local failed = redis.pcall('XADD', changes, 'MAXLEN', ARGV[6], id, 'commit', ARGV[5]).err
if failed and not string.find(failed, 'equal or smaller', 1, true) then
  return redis.error_reply(failed)
elseif failed then
  local older = redis.call('XRANGE', changes, '-', '(' .. id)
  redis.call('DEL', changes)
  for _, entry in ipairs(older) do
    redis.call('XADD', changes, entry[1], unpack(entry[2]))
  end
  redis.call('XADD', changes, 'MAXLEN', ARGV[6], id, 'commit', ARGV[5])
end

local denied = redis.pcall('SET', merchant, ARGV[2]).err
if denied then
  redis.call('XDEL', changes, id)
  return redis.error_reply(denied)
end

if ARGV[3] ~= '' then redis.call('SET', requests, ARGV[3]) end
for n = 6, #KEYS do
  local candidates = ARGV[n + 8]
  if candidates == '' then
    redis.call('DEL', KEYS[n])
  else
    redis.call('SET', KEYS[n], candidates)
  end
end

if claim ~= '' then redis.call('ZADD', claims, ARGV[10], claim) end
if removes_deadline then
  redis.call('ZREM', due, member)
elseif deadline ~= '' and previous ~= deadline then
  redis.call('ZADD', due, deadline, member)
end

redis.call('SPUBLISH', ARGV[11], ARGV[12])
return 1
