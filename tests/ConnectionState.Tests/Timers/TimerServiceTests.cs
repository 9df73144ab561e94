using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Timers;

/// <summary>The timer goes on by itself, through outages of the store.</summary>
public sealed class TimerServiceTests
{
    [Fact]
    public async Task What_is_due_is_carried_out_without_anybody_asking()
    {
        await using var service = await Service.StartAsync(new() { ["Timer:Interval"] = "00:00:00.050" });
        var shop = service.NewMerchant();
        await shop.ConnectUntilAsync(ApiMerchant.A, service.Clock.GetUtcNow() + TimeSpan.FromHours(1));

        service.Clock.Advance(TimeSpan.FromHours(1));

        await Eventually.TrueAsync(async () => (await shop.FindAsync(ApiMerchant.A)).State == State.Expired);
    }

    [Theory]
    [InlineData(typeof(StoreUnavailableException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task Neither_an_outage_of_the_store_nor_a_bug_ends_the_timer(Type failure)
    {
        InterceptedStore? store = null;
        await using var service = await Service.StartAsync(
            new() { ["Timer:Interval"] = "00:00:00.050" },
            services => services.AddSingleton<IConnectionStore>(
                provider => store = new InterceptedStore(ActivatorUtilities.CreateInstance<SqliteStore>(provider))));
        var shop = service.NewMerchant();
        await shop.ConnectUntilAsync(ApiMerchant.A, service.Clock.GetUtcNow() + TimeSpan.FromHours(1));

        var asked = 0;
        store!.Before = method => method == nameof(IConnectionStore.FindDueAsync) && Interlocked.Increment(ref asked) > 0
            ? throw (failure == typeof(StoreUnavailableException) ? new StoreUnavailableException("an outage") : new InvalidOperationException())
            : Task.CompletedTask;
        service.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref asked) >= 3));
        Assert.Equal(State.Connected, (await shop.FindAsync(ApiMerchant.A)).State);
        store.Before = _ => Task.CompletedTask;

        await Eventually.TrueAsync(async () => (await shop.FindAsync(ApiMerchant.A)).State == State.Expired);
    }
}
