#!lua
-- Adds a merchant to the index of a page or an account. The revision of an entry never decreases.
--
-- KEYS  1 the hash of the page or account
-- ARGV  1 the entry  2 the revision at which the merchant lists the page, or a page of the account

local listed = redis.call('HGET', KEYS[1], ARGV[1])
if not listed or tonumber(listed) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
