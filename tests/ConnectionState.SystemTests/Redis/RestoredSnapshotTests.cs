using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Redis restarts from an older snapshot while servers run and clients watch.</summary>
public sealed class RestoredSnapshotTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int MerchantCount = 10;
    private const int InSnapshot = 5;
    private const int Lost = 12;

    // Distinguishes commits after the loss from those before it.
    private const int AfterLoss = 1_000;

    private RedisServer redis = null!;
    private ServerGroup servers = null!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        servers = await ServerGroup.StartAsync(2, redis.Configuration);
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(Lost - InSnapshot)]
    [InlineData(Lost - InSnapshot + 4)]
    public async Task Every_watch_gets_HISTORY_REPLACED_and_none_mixes_two_histories(int commitsAfterLoss)
    {
        var streams = OpenAll();
        await CommitAsync(1, InSnapshot, 0);
        await redis.CommandAsync("SAVE");
        await CommitAsync(InSnapshot + 1, Lost, 0);
        await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(Lost)));

        await redis.KillAsync();
        await redis.RestartAsync();
        await UntilServedAsync();
        await CommitAsync(InSnapshot + 1, InSnapshot + commitsAfterLoss, AfterLoss);

        var newest = InSnapshot + commitsAfterLoss;
        await Task.WhenAll(streams.Select(stream => UntilReplacedAsync(stream, newest)));
        await CommitAsync(newest + 1, newest + 1, AfterLoss);
        await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(newest + 1)));

        Assert.All(streams, stream =>
        {
            Assert.Equal([Reason.Initial, Reason.HistoryReplaced], stream.Log.Snapshots);
            Assert.Equal(AfterLoss + newest + 1, stream.Log.List!.Quota.Bought);
        });
        streams.ForEach(stream => stream.Dispose());
        log.WriteLine($"{streams.Count} streams");
    }

    private List<RawWatchStream> OpenAll() =>
        [.. Enumerable.Range(0, MerchantCount * 2).Select(n => RawWatchStream.Open(servers.Clients[n % 2], $"merchant-{n / 2}"))];

    private async Task UntilServedAsync()
    {
        foreach (var client in servers.Clients)
        {
            await Eventually.TrueAsync(async () =>
                await Record.ExceptionAsync(async () => await client.Pages.GetPageListAsync(new() { MerchantId = "anybody" })) is null);
        }
    }

    // The snapshot may come before all commits after the loss; the rest follow as changes.
    private static async Task UntilReplacedAsync(RawWatchStream stream, int newest)
    {
        while (stream.Log.Snapshots is not [.., Reason.HistoryReplaced])
        {
            await stream.NextAsync();
        }

        await stream.ReadUntilAsync(newest);
    }

    private Task CommitAsync(int first, int last, int offset) => Task.WhenAll(Enumerable.Range(0, MerchantCount).Select(async m =>
    {
        for (var number = first; number <= last; number++)
        {
            await Commits.MakeAsync(servers.Clients[number % 2], $"merchant-{m}", offset + number);
        }
    }));
}
