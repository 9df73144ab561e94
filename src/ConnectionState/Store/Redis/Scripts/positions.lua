#!lua flags=no-writes
-- Reads the beginning of merchants, which has their position.
--
-- KEYS  the merchants
-- ARGV  1 the number of bytes
-- Returns the bytes of each merchant: none if it was never stored, '?' if its key has another type.

local last = tonumber(ARGV[1]) - 1
local reply = {}
for i, key in ipairs(KEYS) do
  local beginning = redis.pcall('GETRANGE', key, 0, last)
  if type(beginning) == 'table' then
    if not string.find(beginning.err, 'WRONGTYPE', 1, true) then return beginning end
    beginning = '?'
  end
  reply[i] = beginning
end

return reply
