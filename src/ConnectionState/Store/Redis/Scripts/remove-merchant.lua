#!lua
-- Removes a merchant from the index of a page or an account, unless it has been added again. With its entry for a page, its hold goes from the register.
--
-- KEYS  1 the hash of the page or account
-- ARGV  1 the entry  2 the revision at which it was no longer true  3 the merchant  4 the field of the page's register; missing for an account

local listed = redis.call('HGET', KEYS[1], ARGV[1])
if listed and tonumber(listed) > tonumber(ARGV[2]) then
  return
end

redis.call('HDEL', KEYS[1], ARGV[1])
local hold = ARGV[4] and redis.call('HGET', KEYS[1], ARGV[4])
if hold and string.match(hold, '^%x+ (.*)$') == ARGV[3] then
  redis.call('HDEL', KEYS[1], ARGV[4])
end
