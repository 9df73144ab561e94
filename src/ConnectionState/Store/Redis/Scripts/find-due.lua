#!lua
-- Finds the merchants of partitions that are due by the server's clock.
--
-- KEYS  of each partition: its deadlines, its claims
-- ARGV  1 the maximum number of merchants of each partition
-- Returns the server time in microseconds since 1970, then for each partition: its earliest deadline in ms, or empty if there is none; 1 if
-- there are claims, otherwise 0; then the merchants that are due and their deadlines in ms, earliest first.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local limit = tonumber(ARGV[1])
local reply = {string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))}

-- Hardly ever is there a claim: one command asks for all partitions.
local claims = {}
for i = 2, #KEYS, 2 do
  claims[#claims + 1] = KEYS[i]
end
local has_claims = redis.call('EXISTS', unpack(claims)) > 0

for i = 1, #KEYS, 2 do
  local earliest = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')[2]
  local found = {}
  if earliest and tonumber(earliest) <= now then
    found = redis.call('ZRANGE', KEYS[i], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
  end

  table.insert(found, 1, has_claims and redis.call('EXISTS', KEYS[i + 1]) or 0)
  table.insert(found, 1, earliest or '')
  table.insert(reply, found)
end

return reply
