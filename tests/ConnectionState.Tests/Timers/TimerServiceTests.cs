using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Timers;

/// <summary>The timer runs periodically and survives failures of the store.</summary>
public sealed class TimerServiceTests : IAsyncLifetime, IDisposable
{
    private const string M = "merchant-1";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimerOptions TimerOptions = new();
    private readonly FakeLogger<TimerService> log = new();

    private Engine engine = null!;
    private TimerService service = null!;

    public async Task InitializeAsync()
    {
        engine = await Engine.StartAsync();
        service = new TimerService(
            engine.Store,
            engine.Store,
            engine.NewDeadlineProcessor(engine.Store),
            engine.NewPageClaimProcessor(engine.Store),
            Options.Create(TimerOptions),
            engine.Clock,
            log);
    }

    public async Task DisposeAsync()
    {
        await service.StopAsync(CancellationToken.None);
        await engine.DisposeAsync();
    }

    public void Dispose() => service.Dispose();

    [Fact]
    public async Task TimerService_processes_due_merchants_and_unsettled_claims_periodically()
    {
        await service.StartAsync(CancellationToken.None);
        await engine.ConnectAsync(M, StoreSamples.Page, engine.Clock.GetUtcNow() + Hour);
        await engine.GrantUnsettledAsync(StoreSamples.Page, "merchant-2");

        engine.Clock.Advance(Hour);

        await Eventually.TrueAsync(async () => (await engine.ClaimsAsync()).Length == 0);
        Assert.Equal(State.Connected, await engine.StateAsync("merchant-2", StoreSamples.Page));
        Assert.NotEqual(State.Connected, await engine.StateAsync(M, StoreSamples.Page));
    }

    [Fact]
    public async Task TimerService_sleeps_until_a_deadline_of_which_a_commit_tells()
    {
        await service.StartAsync(CancellationToken.None);
        await engine.ConnectAsync(M, StoreSamples.Page, engine.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(300));
        await Eventually.TrueAsync(async () => (await engine.ReadAsync(M)).Find(StoreSamples.Page)!.ExpiresSoon);

        engine.Clock.Advance(TimeSpan.FromMilliseconds(299));
        Assert.Equal(State.Connected, await engine.StateAsync(M, StoreSamples.Page));
        engine.Clock.Advance(TimeSpan.FromMilliseconds(1));

        await Eventually.TrueAsync(async () => await engine.StateAsync(M, StoreSamples.Page) == State.Expired);
    }

    [Fact]
    public async Task A_claim_that_cannot_be_settled_now_does_not_delay_a_deadline()
    {
        await engine.ConnectAsync("merchant-2", StoreSamples.Page);
        await engine.GrantUnsettledAsync(StoreSamples.Page, "merchant-3");
        await engine.ConnectAsync(M, new PageRef(Provider.Zalo, "oa"), engine.Clock.GetUtcNow() + Hour);
        var hanging = new TaskCompletionSource();
        var isHanging = false;
        engine.Store.Before = method =>
        {
            isHanging |= method == nameof(IConnectionStore.FindMerchantsAsync);
            return method == nameof(IConnectionStore.FindMerchantsAsync) ? hanging.Task : Task.CompletedTask;
        };
        await service.StartAsync(CancellationToken.None);
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => Task.FromResult(isHanging));

        engine.Clock.Advance(Hour);

        await Eventually.TrueAsync(async () => await engine.StateAsync(M, new PageRef(Provider.Zalo, "oa")) == State.Expired);
        Assert.Single(await engine.ClaimsAsync());
        hanging.SetResult();
    }

    [Theory]
    [InlineData(typeof(StoreUnavailableException), LogLevel.Warning)]
    [InlineData(typeof(InvalidOperationException), LogLevel.Error)]
    public async Task TimerService_logs_an_exception_and_continues(Type failure, LogLevel level)
    {
        await engine.ConnectAsync(M, StoreSamples.Page, engine.Clock.GetUtcNow() + Hour);
        var runs = 0;
        engine.Store.Before = method => method == nameof(IConnectionStore.FindDueAsync) && Interlocked.Increment(ref runs) > 0
            ? throw (failure == typeof(StoreUnavailableException) ? new StoreUnavailableException("an outage") : new InvalidOperationException())
            : Task.CompletedTask;
        await service.StartAsync(CancellationToken.None);
        for (var expected = 1; expected <= 3; expected++)
        {
            await Eventually.TrueAsync(() =>
            {
                engine.Clock.Advance(TimerOptions.Interval);
                return Task.FromResult(log.Collector.Count >= expected);
            });
        }

        Assert.All(log.Collector.GetSnapshot(), entry => Assert.Equal(level, entry.Level));
        engine.Store.Before = _ => Task.CompletedTask;
        engine.Clock.Advance(Hour);

        await Eventually.TrueAsync(async () => await engine.StateAsync(M, StoreSamples.Page) == State.Expired);
    }
}
