using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16), in whatever order what happens to the store happens.</summary>
public sealed class ClaimInterleavingTests
{
    private const int Cases = 1_000;

    [Fact]
    public async Task In_1000_orders_of_everything_with_failures_exactly_one_merchant_has_the_page_in_the_end()
    {
        await using var engine = await Engine.StartAsync();
        var cases = Enumerable.Range(0, Cases).Select(seed => new Case(engine, seed)).ToList();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (c, _) => await c.PrepareAsync());

        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (c, _) => await c.RunAsync());
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        while (await engine.ClaimsAsync() is { Length: > 0 } left)
        {
            await engine.ProcessDueAsync();
            Assert.True((await engine.ClaimsAsync()).Length < left.Length, "The sweep settles no claim any more.");
        }

        var wrong = new List<string>();
        foreach (var one in cases)
        {
            wrong.AddRange(await one.ComplaintAsync());
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Cases} cases:\n{string.Join('\n', wrong.Take(10))}");
    }

    // Two or three merchants that are granted one page, and a timer; one at a time, changing at every call to the store, each of which
    // may fail before or after it was carried out.
    private sealed class Case(Engine engine, int seed)
    {
        private readonly Random random = new(seed);
        private readonly PageRef page = new(Provider.Facebook, $"page-{seed}");
        private readonly string[] merchants = [.. Enumerable.Range(1, 2 + (seed % 2)).Select(n => $"merchant-{seed}-{n}")];
        private readonly Dictionary<string, string> sessions = [];
        private DateTimeOffset now = StoreSamples.Time;

        public async Task PrepareAsync()
        {
            foreach (var id in merchants)
            {
                sessions[id] = await engine.RequestAsync(id, page);
            }
        }

        public async Task RunAsync()
        {
            var scheduler = new DeterministicScheduler(random);
            var store = new InterceptedStore(engine.Store)
            {
                Before = async _ =>
                {
                    await scheduler.YieldAsync();
                    FailNowAndThen();
                },
                After = _ =>
                {
                    FailNowAndThen();
                    return Task.CompletedTask;
                },
                Time = Tell,
            };
            var (grants, claims) = (engine.NewMerchants(store), engine.NewClaims(store));
            var works = merchants.Select(id => (Func<Task>)(() => GrantAsync(id, grants)));
            await scheduler.RunAsync([.. works, () => SettleAsync(claims, grants)]);
        }

        /// <summary>What is wrong in the end.</summary>
        public async Task<string[]> ComplaintAsync()
        {
            var records = await Task.WhenAll(merchants.Select(engine.ReadAsync));
            var connections = records.Select(r => (r.MerchantId, Connection: r.Find(page)!)).ToList();
            var latest = connections.MaxBy(c => (c.Connection.ConnectedAt, c.MerchantId)).MerchantId;
            var holders = connections.Where(c => c.Connection.State is State.Connected).Select(c => c.MerchantId).ToList();
            return holders is [var holder] && holder == latest
                ? []
                : [$"seed {seed}: [{string.Join(", ", holders)}] have the page, and {latest} was granted it last"];
        }

        private async Task GrantAsync(string merchantId, MerchantCommandHandler grants)
        {
            var command = Engine.Grant(sessions[merchantId], requestId: "request-1");
            while (true)
            {
                try
                {
                    await grants.HandleAsync(merchantId, command, CancellationToken.None);
                    return;
                }
                catch (StoreUnavailableException)
                {
                    // As clients do: the same request again.
                }
            }
        }

        // What the timer does with claims, here with those of this case's page alone.
        private async Task SettleAsync(ClaimSettlement claims, MerchantCommandHandler grants)
        {
            for (var round = 0; round < 3; round++)
            {
                foreach (var claim in (await engine.ClaimsAsync()).Where(c => c.Page == page))
                {
                    await claims.TrySettleAsync(claim, grants, CancellationToken.None);
                }
            }
        }

        private void FailNowAndThen()
        {
            if (random.Next(12) == 0)
            {
                throw new StoreUnavailableException("drawn");
            }
        }

        // Time passes now and then only, so that many things happen in the same millisecond.
        private DateTimeOffset Tell() => random.Next(3) == 0 ? now += TimeSpan.FromMilliseconds(1) : now;
    }
}
