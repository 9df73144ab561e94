#!lua flags=no-writes
-- Reads two parts of a merchant that belong together.
--
-- KEYS  1 page list part  2 remembered requests

return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])}
