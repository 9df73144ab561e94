using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16) in random interleavings of grants, claims and store failures. A seed repeats its interleaving.</summary>
public sealed class ClaimInterleavingTests
{
    [Fact]
    public async Task R16_In_every_interleaving_with_store_failures_exactly_one_merchant_holds_the_page_in_the_end()
    {
        await using var engine = await Engine.StartAsync();
        var cases = Seeds.Of(LongRun.Of(all: 2_000, usual: 300)).Select(seed => new Case(engine, seed)).ToList();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (c, _) => await c.PrepareAsync());

        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (c, _) => await c.RunAsync());
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        while (await engine.ClaimsAsync() is { Length: > 0 } left)
        {
            await engine.ProcessDueAsync();
            Assert.True((await engine.ClaimsAsync()).Length < left.Length, "The timer does not settle the remaining claims.");
        }

        var wrong = new List<string>();
        foreach (var one in cases)
        {
            wrong.AddRange(await one.CheckAsync());
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases.Count} cases:\n{string.Join('\n', wrong.Take(10))}");
    }

    // Two or three merchants that are granted one page, and a timer. They run one at a time, switch at every store call, and each store
    // call can fail before or after it took effect.
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
                    FailSometimes();
                },
                After = _ =>
                {
                    FailSometimes();
                    return Task.CompletedTask;
                },
                Time = NextTime,
            };
            var (grants, claims) = (engine.NewHandler(store), engine.NewSettlement(store));
            var works = merchants.Select(id => (Func<Task>)(() => GrantAsync(id, grants)));
            await scheduler.RunAsync([.. works, () => SettleAsync(claims)]);
        }

        /// <summary>Returns what is wrong at the end.</summary>
        public async Task<string[]> CheckAsync()
        {
            var records = await Task.WhenAll(merchants.Select(engine.ReadAsync));
            var connections = records.Select(r => (r.MerchantId, Connection: r.Find(page)!)).ToList();
            var latest = connections.MaxBy(c => (c.Connection.ConnectedAt, c.MerchantId)).MerchantId;
            var holders = connections.Where(c => c.Connection.State is State.Connected).Select(c => c.MerchantId).ToList();
            return holders is [var holder] && holder == latest
                ? []
                : [$"{Seeds.Variable}={seed}: [{string.Join(", ", holders)}] hold the page, but {latest} was granted it last"];
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
                    // Retries the same request, as clients do.
                }
            }
        }

        // Settles claims as the timer does, but only those for the page of this case.
        private async Task SettleAsync(ClaimSettlement claims)
        {
            for (var round = 0; round < 3; round++)
            {
                foreach (var claim in (await engine.ClaimsAsync()).Where(c => c.Page == page))
                {
                    await claims.SettleAsync(claim, CancellationToken.None);
                }
            }
        }

        private void FailSometimes()
        {
            if (random.Next(12) == 0)
            {
                throw new StoreUnavailableException("an outage");
            }
        }

        // Time advances only sometimes, so that many calls happen in the same millisecond.
        private DateTimeOffset NextTime() => random.Next(3) == 0 ? now += TimeSpan.FromMilliseconds(1) : now;
    }
}
