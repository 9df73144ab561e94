using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The configuration of a server, as far as it matters here.</summary>
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
                await GetConfigAsync(server, "appendfsync"),
                int.TryParse(info["connected_slaves"].FirstOrDefault(), out var replicas) ? replicas : 0,
                await GetConfigAsync(server, "min-replicas-to-write")));
    }

    // Managed Redis services often forbid CONFIG GET.
    private static async Task<string> GetConfigAsync(IServer server, string name)
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
