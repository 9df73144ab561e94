#!lua
-- Keeps a process in the fleet, and removes the processes whose last heartbeat is too old. Announces every change of the fleet.
--
-- KEYS  1 fleet, also the name of the channel
-- ARGV  1 the process: its id and, after a space, the partitions that it does not reach  2 how long it is a member after a heartbeat, in ms
-- Returns the server time in microseconds since 1970, and the members in the order of their ids.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local id, lifetime = string.match(ARGV[1], '^[^ ]+'), tonumber(ARGV[2])
local changed = redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])

-- Also those with a heartbeat in the future: the clock was set back. Who lives returns with its next heartbeat.
local members, removed = {}, {}
local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
  local living = math.abs(now - tonumber(all[i + 1])) <= lifetime
  local replaced = string.match(all[i], '^[^ ]+') == id and all[i] ~= ARGV[1]
  table.insert(living and not replaced and members or removed, all[i])
end

if #removed > 0 then
  redis.call('ZREM', KEYS[1], unpack(removed))
end
if changed + #removed > 0 then
  redis.call('SPUBLISH', KEYS[1], '')
end

table.sort(members)
return {string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2])), members}
