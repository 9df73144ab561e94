#!lua
-- Removes a merchant from the index of pages, and its hold from the register, unless it has listed the page again.
--
-- KEYS  1 pages
-- ARGV  1 the entry  2 the revision at which the page was no longer listed  3 the page  4 the merchant

local listed = redis.call('HGET', KEYS[1], ARGV[1])
if listed and tonumber(listed) <= tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
  local hold = redis.call('HGET', KEYS[1], ARGV[3])
  if hold and string.match(hold, '^%x+ (.*)$') == ARGV[4] then
    redis.call('HDEL', KEYS[1], ARGV[3])
  end
end
