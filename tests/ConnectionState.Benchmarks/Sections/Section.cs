namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>A part of the benchmarks that can be run alone.</summary>
/// <param name="Name">Its name on the command line and in the results.</param>
/// <param name="Description">What it measures.</param>
/// <param name="RunAsync">Measures and records.</param>
internal sealed record Section(string Name, string Description, Func<SectionRun, Task> RunAsync)
{
    /// <summary>Whether it compares with another build, and is left out of <c>all</c> without one.</summary>
    public bool NeedsOther { get; init; }

    /// <summary>All sections, in the order in which <c>all</c> runs them.</summary>
    public static IReadOnlyList<Section> All { get; } =
    [
        new("startup", "process start to the first answer", Startup.RunAsync),
        new("throughput", "calls per second with 64 callers on the embedded store, beside the echo, etcd and PostgreSQL", Throughput.RunEmbeddedAsync),
        new("throughput-redis", "the same on Redis with appendfsync everysec", Throughput.RunOnRedisAsync),
        new("overhead", "calls per second with authentication, limits and telemetry, beside those without", Overhead.RunAsync),
        new("garbage", "bytes that the server allocates per call", Garbage.RunAsync),
        new("idle-fleet", "commands per second that 1, 3 and 10 idle processes send to Redis", IdleFleet.RunAsync),
        new("redis-memory", "Redis memory per merchant", RedisMemory.RunAsync),
        new("delivery", "commit to delivery on a watch stream", Delivery.RunEmbeddedAsync),
        new("delivery-redis", "the same from one process to another over Redis", Delivery.RunOnRedisAsync),
        new("expiry", "delay from the end of a token to its expiry", Expiry.RunEmbeddedAsync),
        new("expiry-redis", "the same on Redis", Expiry.RunOnRedisAsync),
        new("drain", "expiry of 100,000 tokens that end within one second", ExpiryDrain.RunEmbeddedAsync),
        new("drain-redis", "the same on Redis", ExpiryDrain.RunOnRedisAsync),
        new("many-merchants", "latencies with 1,000,000 merchants beside those with 1,000", ManyMerchants.RunEmbeddedAsync),
        new("many-merchants-redis", "the same on Redis", ManyMerchants.RunOnRedisAsync),
        new("fleet", "lists, counts, import and export of 1,000,000 merchants", FleetLists.RunEmbeddedAsync),
        new("fleet-redis", "the same on Redis", FleetLists.RunOnRedisAsync),
        new("cold-change", "the first change of a merchant with 1,000 remembered requests in a process", ColdChange.RunEmbeddedAsync),
        new("cold-change-redis", "the same on Redis", ColdChange.RunOnRedisAsync),
        new("idle-watches", "server memory of 10,000 idle watch streams", IdleWatches.RunAsync),
        new("many-watched", "one stream of 100,000 merchants: memory, and the time to open and to resume it", ManyWatched.RunEmbeddedAsync),
        new("many-watched-redis", "the same on Redis, and commit to delivery beside streams of one merchant", ManyWatched.RunOnRedisAsync),
        new("slow-readers", "50 streams that are not read, beside 50 that are", SlowReaders.RunAsync),
        new("feed-delivery", "commit to delivery on a stream of the feed, beside watches", FeedDelivery.RunEmbeddedAsync),
        new("feed-delivery-redis", "the same from one process to another over Redis", FeedDelivery.RunOnRedisAsync),
        new("feed-catch-up", "commits per second of a stream of the feed that begins at the oldest position", FeedCatchUp.RunEmbeddedAsync),
        new("feed-catch-up-redis", "the same on Redis", FeedCatchUp.RunOnRedisAsync),
        new("feed-snapshot", "a stream of the feed that begins with the page lists of 1,000,000 merchants", FeedSnapshot.RunEmbeddedAsync),
        new("feed-snapshot-redis", "the same on Redis", FeedSnapshot.RunOnRedisAsync),
        new("feed-slow-reader", "32 streams of the feed that are not read, beside one that is", FeedSlowReader.RunAsync),
        new("restart", "2,000 watches over a restart of the server", Restart.RunAsync),
        new("builds", "reads and commits of this build beside another one, which --other names", Builds.RunAsync) { NeedsOther = true },
        new("redis-client", "small scripts through StackExchange.Redis", RedisClient.RunAsync),
    ];
}

/// <summary>One run of a section: its settings, and the figures that it records.</summary>
/// <param name="serverPath">ConnectionState.dll.</param>
/// <param name="quick">Whether to measure shorter and with fewer merchants.</param>
/// <param name="merchants">The number of merchants where there are many, or null for the section's own number.</param>
/// <param name="otherServerPath">ConnectionState.dll of the build to compare with, or null.</param>
internal sealed class SectionRun(string serverPath, bool quick, int? merchants, string? otherServerPath)
{
    public string ServerPath => serverPath;

    /// <summary>ConnectionState.dll of the build to compare with.</summary>
    public string OtherServerPath => otherServerPath ?? throw new InvalidOperationException("No other build was named.");

    public SortedDictionary<string, double> Figures { get; } = [];

    /// <summary>Chooses a setting.</summary>
    public T Pick<T>(T full, T whenQuick) => quick ? whenQuick : full;

    /// <summary>Chooses the number of merchants, unless the command line says it.</summary>
    public int Merchants(int full, int whenQuick) => merchants ?? Pick(full, whenQuick);

    /// <summary>Starts the service.</summary>
    public Task<ServerUnderTest> StartServiceAsync(params string[] options) => ServerUnderTest.StartAsync(serverPath, options);

    public void Record(string figure, double value)
    {
        // Four digits are more than any measurement repeats.
        Figures[figure] = value == 0 ? 0 : Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 6));
        Console.WriteLine($"  {figure} = {Figures[figure]}");
    }
}
