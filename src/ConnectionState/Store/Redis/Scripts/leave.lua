#!lua
-- Takes a merchant out of the index of a page, unless it has listed the page again.
--
-- KEYS  1 page
-- ARGV  1 the merchant  2 the revision at which the page was not listed

local listed = redis.call('ZSCORE', KEYS[1], ARGV[1])
if listed and tonumber(listed) <= tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
