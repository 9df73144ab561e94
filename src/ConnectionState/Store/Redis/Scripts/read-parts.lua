#!lua flags=no-writes
-- Reads what belongs to a page list part that was read, and the page list part as it is now if the merchant has changed since.
--
-- KEYS  1 page list part  2 changes  3... candidates of sessions
-- ARGV  1 the position line that was read, or empty if nothing was stored  2 the revision from which history entries are read, or empty for none
--       3 the maximum number of history entries
-- Returns 1 and the page list part if the merchant has another position by now, otherwise 0 and nil; the history entries, oldest first; then the
-- candidates, nil for those that are missing.

local expected, from = ARGV[1], ARGV[2]
local unchanged = redis.call('GETRANGE', KEYS[1], 0, math.max(#expected - 1, 0)) == expected
local reply = unchanged and {0, false} or {1, redis.call('GET', KEYS[1])}

local entries = {}
if from ~= '' then
  for i, entry in ipairs(redis.call('XRANGE', KEYS[2], from .. '-0', '+', 'COUNT', ARGV[3])) do
    entries[i] = entry[2][2]
  end
end

reply[3] = entries
for i = 3, #KEYS do
  reply[i + 1] = redis.call('GET', KEYS[i])
end

return reply
