#!lua flags=no-writes
-- Reads merchants.
--
-- KEYS  the merchants
-- ARGV  for each of them: the position line that is known, or empty if none is
-- Returns for each merchant: 1 if it is still at that position; otherwise the page list part behind its position line, nothing if it was never stored, or '?'
-- if its key has another type.

local reply = {}
for i, key in ipairs(KEYS) do
  local known = ARGV[i]
  if known ~= '' and redis.pcall('GETRANGE', key, 0, #known - 1) == known then
    reply[i] = 1
  else
    local stored = redis.pcall('GET', key)
    if type(stored) == 'table' then
      if not string.find(stored.err, 'WRONGTYPE', 1, true) then return stored end
      stored = '?'
    end
    reply[i] = stored
  end
end

return reply
