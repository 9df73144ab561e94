using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;

namespace ConnectionStateService.Tests.Timers;

/// <summary>All due merchants are processed, exactly once and on time.</summary>
public sealed class DeadlineProcessorTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private const int Batch = 8;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly PageRef Page = StoreSamples.Page;
    private static readonly PageRef OtherPage = new(Provider.Facebook, "page-2");

    private Engine engine = null!;

    private DateTimeOffset Now => engine.Clock.GetUtcNow();

    public async Task InitializeAsync() =>
        engine = await Engine.StartAsync(timer: new TimerOptions { BatchSize = Batch, Parallelism = 4 });

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task An_expiry_a_warning_and_a_session_timeout_that_are_due_together_are_one_commit()
    {
        await engine.ConnectAsync(M, Page, Now + TimeSpan.FromDays(8));
        await engine.ConnectAsync(M, OtherPage, Now + TimeSpan.FromDays(9));
        await engine.ProcessAfterAsync(TimeSpan.FromDays(1.5));
        Assert.True((await engine.ReadAsync(M)).Find(Page)!.ExpiresSoon);
        engine.Clock.Advance(TimeSpan.FromDays(6.5) - TimeSpan.FromMinutes(1));
        var session = await engine.OfferAsync(M, new PageRef(Provider.Facebook, "page-3"));
        var before = (await engine.HistoryAsync(M)).Length;

        await engine.ProcessAfterAsync(Hour);

        var commit = Assert.Single((await engine.HistoryAsync(M))[before..]);
        Assert.Equal(
            ["Transition", "ExpiryWarning", "SessionMoved"], commit.Changes.Select(c => c.GetType().Name));
        Assert.Equal(("connectionstate:timer", Now), (commit.Actor, commit.At));
        Assert.Equal(State.Expired, await engine.StateAsync(M, Page));
        Assert.Equal(SessionEnd.TimedOut, (await engine.ReadAsync(M)).FindSession(session)!.Ended);
    }

    [Fact]
    public async Task More_due_merchants_than_a_batch_are_each_expired_exactly_once_in_one_run()
    {
        var merchants = await engine.ConnectManyAsync(100);

        await engine.ProcessAfterAsync(Hour);

        Assert.Equal(merchants, await engine.ExpiredOnceAsync(merchants));
    }

    [Fact]
    public async Task A_merchant_is_not_processed_before_its_deadline()
    {
        await engine.ConnectAsync(M, Page, Now + Hour);
        await engine.ProcessDueAsync();
        var before = (await engine.HistoryAsync(M)).Length;

        await engine.ProcessAfterAsync(Hour - TimeSpan.FromMilliseconds(1));

        Assert.Equal(before, (await engine.HistoryAsync(M)).Length);
    }

    [Fact]
    public async Task A_second_run_changes_nothing()
    {
        var merchants = await engine.ConnectManyAsync(3);
        await engine.ProcessAfterAsync(Hour);
        var before = await HistoriesAsync(merchants);

        await engine.ProcessDueAsync();

        Assert.Equal(before, await HistoriesAsync(merchants));
    }

    [Fact]
    public async Task Two_processors_that_find_the_same_merchants_expire_each_exactly_once()
    {
        var merchants = await engine.ConnectManyAsync(40);
        engine.Clock.Advance(Hour);
        var asked = 0;
        var both = new TaskCompletionSource();
        var together = new InterceptedStore(engine.Store)
        {
            // Both find the due merchants before either processes one.
            After = method =>
            {
                if (method == nameof(IConnectionStore.FindDueAsync) && Interlocked.Increment(ref asked) == 2)
                {
                    both.SetResult();
                }

                return method == nameof(IConnectionStore.FindDueAsync) ? both.Task : Task.CompletedTask;
            },
        };

        await Task.WhenAll(
            engine.NewDeadlineProcessor(together).ProcessDueAsync(CancellationToken.None),
            engine.NewDeadlineProcessor(together).ProcessDueAsync(CancellationToken.None));

        Assert.Equal(merchants, await engine.ExpiredOnceAsync(merchants));
    }

    [Fact]
    public async Task A_deadline_that_is_stored_too_early_is_corrected_without_a_commit()
    {
        await engine.ConnectAsync(M, Page, Now + TimeSpan.FromDays(30));
        var before = await HistoriesAsync([M]);
        using var database = engine.OpenDatabase();
        database.Execute("UPDATE due SET at = $1", Now.ToUnixTimeMilliseconds());

        await engine.ProcessDueAsync();

        Assert.Equal(before, await HistoriesAsync([M]));
        Assert.Equal((Now + TimeSpan.FromDays(23)).ToUnixTimeMilliseconds(), database.Read<long>("SELECT at FROM due"));
    }

    [Fact]
    public async Task A_deadline_that_is_stored_needlessly_is_removed_without_a_commit()
    {
        await engine.ConnectAsync(M, Page);
        var before = await HistoriesAsync([M]);
        using var database = engine.OpenDatabase();
        database.Execute("INSERT INTO due VALUES ($1, $2)", M, Now.ToUnixTimeMilliseconds());

        await engine.ProcessDueAsync();

        Assert.Equal(before, await HistoriesAsync([M]));
        Assert.Equal(0, database.Read<long>("SELECT count(*) FROM due"));
    }

    private async Task<string[]> HistoriesAsync(string[] merchants) =>
        [.. (await Task.WhenAll(merchants.Select(engine.HistoryAsync))).SelectMany(h => h).Select(RecordText.Of)];
}
