#!lua flags=no-writes
-- Reads lost connections of a partition from a place on.
--
-- KEYS  1... the sorted sets of lost connections
-- ARGV  1 the time in ms  2 the first member with that time, or empty for all  3 the maximum number of members of each set
-- Returns for each set its members and their times in turn.

-- By bytes, as in the set: the comparison of Lua depends on the locale.
local function is_before(a, b)
  for n = 1, math.min(#a, #b) do
    local x, y = string.byte(a, n), string.byte(b, n)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local found = {}
for n, set in ipairs(KEYS) do
  local first = redis.call('ZCOUNT', set, '-inf', '(' .. ARGV[1])
  if ARGV[2] ~= '' then
    local last = redis.call('ZCOUNT', set, '-inf', ARGV[1])
    while first < last do
      local middle = math.floor((first + last) / 2)
      if is_before(redis.call('ZRANGE', set, middle, middle)[1], ARGV[2]) then first = middle + 1 else last = middle end
    end
  end
  found[n] = redis.call('ZRANGE', set, first, first + ARGV[3] - 1, 'WITHSCORES')
end
return found
