#!lua
-- Registers a hold on a page, if the register has the expected one.
--
-- KEYS  1 pages
-- ARGV  1 the page  2 the id of the expected hold, or empty for none  3 the new hold: its id, a space, the merchant
-- Returns the hold that is registered afterwards, or nil.

-- A value that is not a hold counts as none.
local current = redis.call('HGET', KEYS[1], ARGV[1])
local id = current and string.match(current, '^([0-9a-f]+) ') or ''
if #id ~= 16 or id == '0000000000000000' then
  -- A damaged value counts as no hold.
  id = ''
end

if id ~= ARGV[2] then
  return current
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]
