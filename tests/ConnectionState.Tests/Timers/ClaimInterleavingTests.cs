using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16) in interleavings of grants, claims and store failures.</summary>
public sealed class ClaimInterleavingTests
{
    // Which of two grants takes a step.
    private const int Quick = 0;
    private const int Slow = 1;

    // A long run also has a merchant that held the page before.
    public static TheoryData<bool> HeldBefore { get; } = LongRun.IsOn ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(HeldBefore))]
    public async Task R16_In_every_interleaving_of_two_grants_with_up_to_four_switches_one_merchant_holds_the_page(bool isHeldBefore)
    {
        await using var engine = await Engine.StartAsync();
        var pages = new List<PageRef>();

        // The first grant takes a steps, the second one b, the first one c. Then the second one and the first one run to their ends.
        for (var a = 0; await GrantTwiceAsync(a, 1, 1); a++)
        {
            for (var b = 1; await GrantTwiceAsync(a, b, 1); b++)
            {
                for (var c = 2; await GrantTwiceAsync(a, b, c); c++)
                {
                }
            }
        }

        await SettleAllAsync(engine);
        var wrong = new List<string>();
        foreach (var page in pages)
        {
            var records = await Task.WhenAll(Names(page).Select(engine.ReadAsync));
            wrong.AddRange(records.Count(r => r.Find(page) is { State: State.Connected }) == 1 ? [] : [page.PageId]);
        }

        Assert.Empty(wrong);
        Assert.True(pages.Count > 500, $"{pages.Count} interleavings");

        // False if a grant has fewer steps.
        async Task<bool> GrantTwiceAsync(int a, int b, int c)
        {
            var page = new PageRef(Provider.Facebook, $"page-{pages.Count}-{a}-{b}-{c}");
            pages.Add(page);
            if (isHeldBefore)
            {
                await engine.ConnectAsync(Names(page)[2], page);
            }

            string[] sessions = [await engine.RequestAsync(Names(page)[0], page), await engine.RequestAsync(Names(page)[1], page)];
            var scheduler = new DeterministicScheduler();
            var store = new InterceptedStore(engine.Store) { Before = _ => scheduler.YieldAsync() };
            return await scheduler.RunAsync(
                [.. Enumerable.Repeat(Slow, a), .. Enumerable.Repeat(Quick, b), .. Enumerable.Repeat(Slow, c)],
                Grant(Quick),
                Grant(Slow));

            Func<Task> Grant(int n) => () => engine.NewHandler(store).HandleAsync(Names(page)[n], Engine.Grant(sessions[n]), CancellationToken.None);
        }
    }

    [Fact]
    public async Task R16_In_random_interleavings_with_store_failures_one_merchant_holds_the_page_in_the_end_and_none_that_was_overtaken()
    {
        await using var engine = await Engine.StartAsync();
        var cases = Seeds.Of(LongRun.Of(all: 2_000, usual: 300)).Select(seed => new Case(engine, seed)).ToList();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (c, _) => await c.PrepareAsync());

        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (c, _) => await c.RunAsync());
        await SettleAllAsync(engine);

        var wrong = new List<string>();
        foreach (var one in cases)
        {
            wrong.AddRange(await one.CheckAsync());
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases.Count} cases:\n{string.Join('\n', wrong.Take(10))}");
    }

    private static string[] Names(PageRef page) => [$"{page.PageId}-quick", $"{page.PageId}-slow", $"{page.PageId}-former"];

    private static async Task SettleAllAsync(Engine engine)
    {
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        while (await engine.ClaimsAsync() is { Length: > 0 } left)
        {
            await engine.ProcessDueAsync();
            Assert.True((await engine.ClaimsAsync()).Length < left.Length, "The timer does not settle the remaining claims.");
        }
    }

    // Two or three merchants that are granted one page, and a timer. They run one at a time, switch at every store call, and each store
    // call can fail before or after it took effect. In every other case, some merchants disconnect the page again.
    private sealed class Case(Engine engine, int seed)
    {
        private readonly Random random = new(seed);
        private readonly PageRef page = new(Provider.Facebook, $"page-{seed}");
        private readonly string[] merchants = [.. Enumerable.Range(1, 2 + (seed % 2)).Select(n => $"merchant-{seed}-{n}")];
        private readonly Dictionary<string, string> sessions = [];
        private readonly Dictionary<string, (int Began, int Answered)> grants = [];
        private DateTimeOffset now = StoreSamples.Time;
        private int steps;

        private bool MayDisconnect => seed / 2 % 2 == 0;

        public async Task PrepareAsync()
        {
            if (random.Next(2) == 0)
            {
                await engine.ConnectAsync(Former, page);
            }

            foreach (var id in merchants)
            {
                sessions[id] = await engine.RequestAsync(id, page);
            }
        }

        public async Task RunAsync()
        {
            var scheduler = new DeterministicScheduler();
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
            var works = merchants.Select(id => (Func<Task>)(() => CallAsync(id, engine.NewHandler(store), scheduler)));
            await scheduler.RunAsync(random, [.. works, () => SettleAsync(engine.NewSettlement(store), scheduler)]);
        }

        /// <summary>Returns what is wrong at the end.</summary>
        public async Task<string[]> CheckAsync()
        {
            var records = await Task.WhenAll(merchants.Append(Former).Select(engine.ReadAsync));
            var holders = records.Where(r => r.Find(page) is { State: State.Connected }).Select(r => r.MerchantId).ToList();
            return [.. Check(holders).Select(wrong => $"{Seeds.Variable}={seed}: {wrong}")];
        }

        private string Former => $"merchant-{seed}-0";

        private IEnumerable<string> Check(List<string> holders)
        {
            if (holders.Count > 1 || (holders.Count == 0 && !MayDisconnect))
            {
                yield return $"[{string.Join(", ", holders)}] hold the page";
            }

            if (holders is [var holder] && !MayDisconnect)
            {
                var answered = holder == Former ? 0 : grants[holder].Answered;
                foreach (var (later, _) in grants.Where(g => g.Value.Began > answered))
                {
                    yield return $"{holder} holds the page, but was answered before the grant to {later} began";
                }
            }
        }

        private async Task CallAsync(string merchantId, MerchantCommandHandler handler, DeterministicScheduler scheduler)
        {
            for (var pause = random.Next(3) * random.Next(20); pause > 0; pause--)
            {
                await scheduler.YieldAsync();
            }

            var began = ++steps;
            await HandleAsync(merchantId, handler, Engine.Grant(sessions[merchantId], requestId: "request-1"));
            grants[merchantId] = (began, ++steps);
            if (MayDisconnect && random.Next(2) == 0)
            {
                await HandleAsync(merchantId, handler, new Command.Disconnect(new Origin("test", "request-2", PayloadHash: 7), page));
            }
        }

        private static async Task HandleAsync(string merchantId, MerchantCommandHandler handler, Command command)
        {
            while (true)
            {
                try
                {
                    await handler.HandleAsync(merchantId, command, CancellationToken.None);
                    return;
                }
                catch (StoreUnavailableException)
                {
                    // Retries the same request, as clients do.
                }
            }
        }

        // Settles claims as the timer does, but only those for the page of this case.
        private async Task SettleAsync(ClaimSettlement claims, DeterministicScheduler scheduler)
        {
            for (var round = 0; round < 3; round++)
            {
                await scheduler.YieldAsync();
                foreach (var claim in (await engine.ClaimsAsync()).Where(c => c.Page == page))
                {
                    try
                    {
                        await claims.SettleAsync(claim, CancellationToken.None);
                    }
                    catch (StoreUnavailableException)
                    {
                        // The timer tries again at its next interval.
                    }
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

        // Time advances only sometimes, so that many calls happen in the same millisecond, and sometimes it goes back.
        private DateTimeOffset NextTime() => random.Next(6) switch
        {
            0 or 1 => now += TimeSpan.FromMilliseconds(1),
            2 => now -= TimeSpan.FromMilliseconds(random.Next(3)),
            _ => now,
        };
    }
}
