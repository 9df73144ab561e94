using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>What a server says of itself.</summary>
internal sealed record RedisInfo(string MaxMemoryPolicy, RedisDurability Durability)
{
    private const string Unknown = "unknown";

    public static async Task<RedisInfo> ReadAsync(IServer server)
    {
        var info = (await server.InfoAsync()).SelectMany(section => section).ToLookup(line => line.Key, line => line.Value);
        return new RedisInfo(
            info["maxmemory_policy"].FirstOrDefault(Unknown),
            new RedisDurability(
                info["aof_enabled"].FirstOrDefault() == "1",
                await ConfigAsync(server, "appendfsync"),
                int.TryParse(info["connected_slaves"].FirstOrDefault(), out var replicas) ? replicas : 0,
                await ConfigAsync(server, "min-replicas-to-write")));
    }

    // Where somebody else runs Redis, its configuration may be nobody's business.
    private static async Task<string> ConfigAsync(IServer server, string name)
    {
        try
        {
            return (await server.ConfigGetAsync(name)).Select(pair => pair.Value).FirstOrDefault(Unknown);
        }
        catch (RedisServerException)
        {
            return Unknown;
        }
    }
}
