#!lua
-- Removes a merchant from the index of pages, unless it has listed the page again.
--
-- KEYS  1 pages
-- ARGV  1 the entry  2 the revision at which the page was no longer listed

local listed = redis.call('HGET', KEYS[1], ARGV[1])
if listed and tonumber(listed) <= tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
