#!lua flags=no-writes
-- Reads lost connections, from a member on.
--
-- KEYS  the sorted sets of lost connections: as many kinds of each partition, one partition after the other
-- ARGV  1 the member  2 the maximum number of members of each set  3 the number of kinds
-- Returns for each set that exists: its number among KEYS, then its members.

local member, limit, kinds = '[' .. ARGV[1], ARGV[2], tonumber(ARGV[3])
local found = {}

-- Most sets are empty. One command tells of several how many are not.
local function visit(first, last, existing)
  if existing == 0 then return end
  if existing == last - first + 1 then
    for n = first, last do
      found[#found + 1] = n
      found[#found + 1] = redis.call('ZRANGEBYLEX', KEYS[n], member, '+', 'LIMIT', 0, limit)
    end
  else
    local middle = math.floor((first + last) / 2)
    local before = redis.call('EXISTS', unpack(KEYS, first, middle))
    visit(first, middle, before)
    visit(middle + 1, last, existing - before)
  end
end

for first = 1, #KEYS, kinds do
  visit(first, first + kinds - 1, redis.call('EXISTS', unpack(KEYS, first, first + kinds - 1)))
end
return found
