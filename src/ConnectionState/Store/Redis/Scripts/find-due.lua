#!lua
-- Finds the merchants of a partition that are due by the server's clock, and leases the partition to this process.
--
-- KEYS  1 due  2 lease
-- ARGV  1 the process  2 the duration of the lease in ms  3 the maximum number of merchants
-- Returns the server time in microseconds since 1970, then merchants and their deadlines in ms, earliest first. No merchants while
-- another process holds the lease.

local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local found = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[3], 'WITHSCORES')
if #found > 0 then
  local holder = redis.call('GET', KEYS[2])
  if holder and holder ~= ARGV[1] then
    found = {}
  else
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  end
end

table.insert(found, 1, string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2])))
return found
