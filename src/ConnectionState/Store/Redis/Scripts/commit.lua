#!lua
-- Stores one commit of a merchant, if the merchant is still at the position that was read. All or nothing. Knows nothing about states.
--
-- KEYS  1 page list part  2 changes  3 due  4 claims  5 feed  6... candidates of the sessions whose candidates change
--       then the key of each command that keeps the index
-- ARGV  1 the position line that was read, or empty if nothing was stored
--       2 the new page list part, behind its position line    3 its revision
--       4 the history entry                                   5 the number of history entries to keep
--       6 the next deadline in ms, or empty if there is none  7 the merchant: its member in the set of deadlines and in the feed
--       8 the claim, or empty if there is none                9 the time of the claim in ms
--      10 the channel                                        11 the notification
--      12 the number of feed entries to keep                 13 the number of keys with candidates
--      14... for each of them: the new candidates, or empty if they are removed
--      then for each command that keeps the index: HINCRBY, its field and its number; ZADD, its score and its member; ZREM, its member, and empty; or
--      EXPIRE, its seconds, and empty
-- Returns 1 if the commit was stored, otherwise the page list part as it is.

local merchant, changes, due, claims, feed = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local expected, deadline, member, claim = ARGV[1], ARGV[6], ARGV[7], ARGV[8]
local last = 5 + ARGV[13]

-- Redis does not roll back: everything that can fail must fail before the first write. A key of another type fails the command that reads it:
-- GETRANGE, ZSCORE and, for the history, XADD, which is the first write. SET replaces a key of any type. What the user may run is probed
-- at start and by the readiness checks (probe.lua). While the service runs, the user can lose a permission: XADD and SET fail before
-- anything is left behind, and those that would leave half a commit are asked for here.
if redis.call('GETRANGE', merchant, 0, math.max(#expected - 1, 0)) ~= expected
    or (expected == '' and redis.call('EXISTS', merchant) == 1) then
  return {redis.call('GET', merchant)}
end

local previous = redis.call('ZSCORE', due, member)
if claim ~= '' then redis.call('ZSCORE', claims, claim) end

local removes_deadline = deadline == '' and previous
local removes_candidates = false
for n = 6, last do
  removes_candidates = removes_candidates or ARGV[n + 8] == ''
end
if not redis.acl_check_cmd('ZADD', due, '0', '') or not redis.acl_check_cmd('SPUBLISH', ARGV[10], '')
    or (removes_deadline and not redis.acl_check_cmd('ZREM', due, ''))
    or (removes_candidates and not redis.acl_check_cmd('DEL', KEYS[6])) then
  return redis.error_reply('NOPERM the user may not run one of the commands of a commit')
end

-- Most commits change nothing in the index.
local index = 14 + ARGV[13]
for n = last + 1, #KEYS do
  local a = index + 3 * (n - last - 1)
  if ARGV[a] == 'HINCRBY' then
    if not tonumber(redis.call('HGET', KEYS[n], ARGV[a + 1]) or 0) then
      return redis.error_reply('WRONGTYPE a count is not a number')
    end
  elseif ARGV[a] ~= 'EXPIRE' then
    redis.call('ZSCORE', KEYS[n], '')
  end
  if not redis.acl_check_cmd(ARGV[a], KEYS[n], ARGV[a + 1], ARGV[a + 2]) then
    return redis.error_reply('NOPERM the user may not run one of the commands of a commit')
  end
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

-- Redis numbers the entries 0-1, 0-2 and so on: a missing number is a lost entry. An entry is never taken back, because its number would be missing: if
-- SET fails, a reader finds that the entry's commit does not exist.
local position = string.sub(ARGV[2], 1, string.find(ARGV[2], '\n', 1, true) - 1)
local denied = redis.pcall('XADD', feed, 'MAXLEN', '~', ARGV[12], '0-*', 'merchant', member, 'commit', position).err
    or redis.pcall('SET', merchant, ARGV[2]).err
if denied then
  redis.call('XDEL', changes, id)
  return redis.error_reply(denied)
end

for n = 6, last do
  local candidates = ARGV[n + 8]
  if candidates == '' then
    redis.call('DEL', KEYS[n])
  else
    redis.call('SET', KEYS[n], candidates)
  end
end

if claim ~= '' then redis.call('ZADD', claims, ARGV[9], claim) end
if removes_deadline then
  redis.call('ZREM', due, member)
elseif deadline ~= '' and previous ~= deadline then
  redis.call('ZADD', due, deadline, member)
end

for n = last + 1, #KEYS do
  local a = index + 3 * (n - last - 1)
  if ARGV[a + 2] == '' then
    redis.call(ARGV[a], KEYS[n], ARGV[a + 1])
  else
    redis.call(ARGV[a], KEYS[n], ARGV[a + 1], ARGV[a + 2])
  end
end

redis.call('SPUBLISH', ARGV[10], ARGV[11])
return 1
