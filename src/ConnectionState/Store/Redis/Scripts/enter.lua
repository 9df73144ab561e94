#!lua
-- Enters a merchant into the index of pages. The revision in it never sinks.
--
-- KEYS  1 pages
-- ARGV  1 the entry  2 the revision at which the page is to be listed

local listed = redis.call('HGET', KEYS[1], ARGV[1])
if not listed or tonumber(listed) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
