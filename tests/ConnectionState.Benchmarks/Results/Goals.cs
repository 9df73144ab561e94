using static ConnectionStateService.Benchmarks.Results.Bound;

namespace ConnectionStateService.Benchmarks.Results;

/// <summary>All goals.</summary>
internal static class Goals
{
    private const string Ratio = "0.00";
    private const string Count = "#,0.##";

    public static IReadOnlyList<Goal> All { get; } =
    [
        new("`GetPageList` against the echo, embedded", "throughput", "read", "echo", AtLeast(0.85), Ratio),
        new("`GetPageList` against the echo, Redis", "throughput-redis", "read", "echo", AtLeast(0.65), Ratio),
        new("`GetPageList` against the same reply from a bare server, embedded", "throughput", "read", "fixed-reply", AtLeast(0.85), Ratio),
        new("`GetPageList` against the same reply from a bare server, Redis", "throughput-redis", "read", "fixed-reply", AtLeast(0.65), Ratio),
        new("Committed `RenewGrant` against the echo, embedded", "throughput", "commit", "echo", AtLeast(0.40), Ratio),
        new("Committed `RenewGrant` against the echo, Redis", "throughput-redis", "commit", "echo", AtLeast(0.50), Ratio),
        new("Committed `RenewGrant` against etcd, embedded", "throughput", "commit", "etcd-put", AtLeast(1.5), Ratio),
        new("Committed `RenewGrant` against etcd, Redis", "throughput-redis", "commit", "etcd-put", AtLeast(2), Ratio),
        new("Committed `RenewGrant` against PostgreSQL, Redis", "throughput-redis", "commit", "postgres-commit", AtLeast(4), Ratio),
        new("64 callers on one merchant against 64 merchants, embedded", "throughput", "commit-one-merchant", "commit", AtLeast(0.5), Ratio),
        new("64 callers on one merchant against 64 merchants, Redis", "throughput-redis", "commit-one-merchant", "commit", AtLeast(0.5), Ratio),
        new("First 10 s of a process against its steady rate: reads, embedded", "throughput", "read-first-10-s", "read", AtLeast(0.8), Ratio),
        new("First 10 s of a process against its steady rate: commits, embedded", "throughput", "commit-first-10-s", "commit", AtLeast(0.8), Ratio),
        new("First 10 s of a process against its steady rate: reads, Redis", "throughput-redis", "read-first-10-s", "read", AtLeast(0.8), Ratio),
        new("First 10 s of a process against its steady rate: commits, Redis", "throughput-redis", "commit-first-10-s", "commit", AtLeast(0.8), Ratio),
        new("`GetPageList` with authentication, limits and telemetry against without, embedded", "overhead", "read-all", "read-without", AtLeast(0.95), Ratio),
        new("Committed `RenewGrant` with them against without, embedded", "overhead", "commit-all", "commit-without", AtLeast(0.95), Ratio),
        new("Committed `RenewGrant` with the feed against the build before it, embedded", "builds", "embedded-commit-this", "embedded-commit-other", AtLeast(0.95), Ratio),
        new("Committed `RenewGrant` with the feed against the build before it, Redis", "builds", "redis-commit-this", "redis-commit-other", AtLeast(0.95), Ratio),
        new("Bytes that the server allocates per `GetPageList`", "garbage", "bytes-per-read-embedded", null, AtMost(3_072), Count),
        new("Commands per second of an idle process on Redis", "idle-fleet", "commands-per-second-1", null, AtMost(50), Count),
        new("The same of 3 processes in all", "idle-fleet", "commands-per-second-3", null, AtMost(50), Count),
        new("The same of 10 processes in all", "idle-fleet", "commands-per-second-10", null, AtMost(50), Count),
        new("Commands on Redis per readiness probe", "idle-fleet", "commands-per-probe", null, AtMost(0.5), Ratio),
        new("Bytes of Redis per merchant with three pages, without history", "redis-memory", "bytes-per-merchant", null, AtMost(1_024), Count),
        .. ManyMerchants("many-merchants", "embedded"),
        .. ManyMerchants("many-merchants-redis", "Redis"),
        Delivery("p50", AtMost(2)),
        Delivery("p99", AtMost(10)),
        new("KiB of server memory per idle watch, 20 of each merchant", "idle-watches", "kib-per-stream-20-each", null, AtMost(20), Count) { Scale = 10_000 },
        new("KiB of server memory per idle watch, one of each merchant", "idle-watches", "kib-per-stream-1-each", null, AtMost(20), Count) { Scale = 10_000 },
        new("KiB of server memory per merchant of a stream of 100,000", "many-watched", "kib-per-merchant", null, AtMost(2), Ratio) { Scale = 100_000 },
        new("Commit to delivery on that stream against streams of one merchant, p99", "many-watched-redis", "many-p99-ms", "watches-p99-ms", AtMost(2), Ratio)
        {
            Scale = 100_000,
        },
        .. Drain("drain", "embedded"),
        .. Drain("drain-redis", "Redis"),
        new("Milliseconds from the end of a token to its expiry, p99, embedded", "expiry", "p99-ms", null, AtMost(500), Count),
        new("Milliseconds from the end of a token to its expiry, p99, Redis", "expiry-redis", "p99-ms", null, AtMost(500), Count),
        FeedDelivery("feed-delivery-redis", "Redis"),
        FeedCatchUp("feed-catch-up", "embedded"),
        FeedCatchUp("feed-catch-up-redis", "Redis"),
        FeedSnapshot("feed-snapshot", "embedded"),
        FeedSnapshot("feed-snapshot-redis", "Redis"),
        new("MiB of server memory per stream of the feed that is not read", "feed-slow-reader", "mib-per-slow-stream", null, AtMost(1), Ratio),
        new(
            "Request to delivery on a stream of the feed beside 32 that are not read against alone, p99",
            "feed-slow-reader",
            "beside-from-request-p99-ms",
            "alone-from-request-p99-ms",
            AtMost(1.5),
            Ratio),
        .. Fleet("fleet", "embedded"),
        .. Fleet("fleet-redis", "Redis"),
        new("Milliseconds from process start to first answer", "startup", "median-ms", null, AtMost(1_000), Count),
    ];

    private static Goal FeedDelivery(string section, string store) => new(
        $"Request to delivery on the feed against the watch, p99, {store}", section, "feed-from-request-p99-ms", "watch-from-request-p99-ms", AtMost(2), Ratio);

    private static Goal FeedCatchUp(string section, string store) => new(
        $"Commits per second of a stream of the feed that catches up, {store}", section, "commits-per-second", null, AtLeast(10_000), Count);

    private static Goal FeedSnapshot(string section, string store) => new(
        $"1,000,000 merchants: seconds of a stream of the feed that begins with their page lists, {store}", section, "seconds", null, AtMost(60), Count)
    {
        Scale = 1_000_000,
    };

    private static IEnumerable<Goal> Fleet(string section, string store) =>
        from figure in new (string Text, string Name, Bound Bound)[]
        {
            ("milliseconds to count connections, p99", "count-p99-ms", AtMost(10)),
            ("milliseconds for a page of 100 lost connections, p99", "lost-page-of-100-p99-ms", AtMost(20)),
            ("milliseconds for a page of 100 merchants, p99", "merchants-page-of-100-p99-ms", AtMost(20)),
            ("imported per second", "imported-per-second", AtLeast(2_000)),
            ("exported per second", "exported-per-second", AtLeast(20_000)),
        }
        select new Goal($"1,000,000 merchants: {figure.Text}, {store}", section, figure.Name, null, figure.Bound, Count) { Scale = 1_000_000 };

    private static Goal Delivery(string percentile, Bound bound) => new(
        $"Commit to delivery on another process at 1,000 commits/s, {percentile} in unary round trips",
        "delivery-redis",
        $"fast-from-commit-{percentile}-ms",
        "unary-p50-ms",
        bound,
        Ratio);

    private static IEnumerable<Goal> ManyMerchants(string section, string store) =>
        from call in new[] { "read", "commit" }
        from percentile in new[] { "p50", "p99" }
        select new Goal(
            $"1,000,000 merchants against 1,000: {percentile} of a {call}, {store}",
            section,
            $"{call}-many-{percentile}-ms",
            $"{call}-few-{percentile}-ms",
            AtMost(1.2),
            Ratio)
        {
            Scale = 1_000_000,
        };

    private static IEnumerable<Goal> Drain(string section, string store) =>
    [
        new($"100,000 deadlines in one second: expired per second, {store}", section, "per-second", null, AtLeast(5_000), Count) { Scale = 100_000 },
        new($"100,000 deadlines in one second: early, {store}", section, "early", null, AtMost(0), Count) { Scale = 100_000 },
        new($"100,000 deadlines in one second: twice, {store}", section, "twice", null, AtMost(0), Count) { Scale = 100_000 },
    ];
}
