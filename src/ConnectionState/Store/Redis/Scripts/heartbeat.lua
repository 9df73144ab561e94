#!lua
-- Keeps a process in the fleet, and removes the processes whose last heartbeat is too old. Announces every change of the fleet.
--
-- KEYS  1 fleet, also the name of the channel
-- ARGV  1 the process  2 how long a process is a member after a heartbeat, in ms
-- Returns the server time in microseconds since 1970, and the members in the order of their ids.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local lifetime = tonumber(ARGV[2])
local joined = redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
local removed = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - lifetime))

-- Heartbeats of the future: the clock was set back. Who lives returns with its next heartbeat.
removed = removed + redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + lifetime), '+inf')
if joined + removed > 0 then
  redis.call('SPUBLISH', KEYS[1], '')
end

local members = redis.call('ZRANGE', KEYS[1], 0, -1)
table.sort(members)
return {string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2])), members}
