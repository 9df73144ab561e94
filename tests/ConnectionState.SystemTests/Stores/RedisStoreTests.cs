using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Store;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>The contract of stores, for Redis: a real server whose clock the test controls.</summary>
public sealed class RedisStoreTests : ConnectionStoreContract
{
    private RedisServer? server;

    private protected override async Task<IConnectionStore> OpenAsync(ManualClock clock, int keptCommits)
    {
        if (server is null)
        {
            server = await RedisServer.StartWithClockAsync(clock.GetUtcNow());
            clock.Moving = server.SetClock;
        }

        var options = server.NewStoreOptions();
        options.KeptCommits = keptCommits;
        options.KeptFeedCommits = KeptInFeed;
        var store = new RedisStore(Options.Create(options), new ManualStopwatch(clock));
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private protected override async Task CloseAsync(IConnectionStore opened) => await ((RedisStore)opened).DisposeAsync();

    private protected override async Task RemoveAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }
}
