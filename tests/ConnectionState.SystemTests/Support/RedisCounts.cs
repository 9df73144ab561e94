namespace ConnectionStateService.SystemTests.Support;

/// <summary>Counts the entries of the indexes of all partitions.</summary>
internal static class RedisCounts
{
    private const string Script = """
        local count = 0
        for partition = 0, 255 do
          count = count + redis.call('ZCARD', string.format('cs:{%02x}:%s', partition, ARGV[1]))
        end
        return count
        """;

    /// <summary>Returns the number of merchants with a deadline.</summary>
    public static Task<long> DueAsync(this RedisServer redis) => CountAsync(redis, "due");

    /// <summary>Returns the number of claims that wait to be settled.</summary>
    public static Task<long> ClaimsAsync(this RedisServer redis) => CountAsync(redis, "claims");

    /// <summary>Returns the time of the server's clock.</summary>
    public static async Task<DateTimeOffset> TimeAsync(this RedisServer redis)
    {
        var time = (await redis.CommandAsync("TIME")).Items;
        return DateTimeOffset.FromUnixTimeSeconds(time[0].Number).AddMicroseconds(time[1].Number);
    }

    private static async Task<long> CountAsync(RedisServer redis, string index) =>
        (await redis.CommandAsync("EVAL", Script, "0", index)).Number;
}
