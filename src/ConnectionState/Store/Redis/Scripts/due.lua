#!lua
-- Finds what is due in a partition by the server's clock, and keeps the other processes from the same work for a while.
--
-- KEYS  1 due  2 lease
-- ARGV  1 this process  2 how long the lease lasts, in ms  3 how many merchants at most
-- Answers the time in microseconds since 1970, then merchants and their deadlines in ms, the longest due first.

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
