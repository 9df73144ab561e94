using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Redis comes back from an older copy of itself, under the feet of running replicas and of those who watch.</summary>
public sealed class RestoredCopyTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int MerchantCount = 10;
    private const int Copied = 5;
    private const int Lost = 12;

    // So that what is committed after the loss can be told from what was committed before.
    private const int Anew = 1_000;

    private RedisServer redis = null!;
    private Replicas replicas = null!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        replicas = await Replicas.StartAsync(2, redis.Configuration);
    }

    public async Task DisposeAsync()
    {
        await replicas.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(Lost - Copied)]
    [InlineData(Lost - Copied + 4)]
    public async Task Everybody_who_watches_is_told_and_nobody_sees_two_histories_as_one(int commitsAnew)
    {
        var streams = OpenAll();
        await CommitAsync(1, Copied, 0);
        await redis.CommandAsync("SAVE");
        await CommitAsync(Copied + 1, Lost, 0);
        await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(Lost)));

        await redis.KillAsync();
        await redis.RestartAsync();
        await UntilServedAsync();
        await CommitAsync(Copied + 1, Copied + commitsAnew, Anew);

        var newest = Copied + commitsAnew;
        await Task.WhenAll(streams.Select(stream => UntilReplacedAsync(stream, newest)));
        await CommitAsync(newest + 1, newest + 1, Anew);
        await Task.WhenAll(streams.Select(stream => stream.ReadUntilAsync(newest + 1)));

        Assert.All(streams, stream =>
        {
            Assert.Equal([Reason.Initial, Reason.HistoryReplaced], stream.Log.Snapshots);
            Assert.Equal(Anew + newest + 1, stream.Log.List!.Quota.Bought);
        });
        streams.ForEach(stream => stream.Dispose());
        log.WriteLine($"{streams.Count} streams");
    }

    private List<RawWatchStream> OpenAll() =>
        [.. Enumerable.Range(0, MerchantCount * 2).Select(n => RawWatchStream.Open(replicas.Clients[n % 2], $"merchant-{n / 2}"))];

    private async Task UntilServedAsync()
    {
        foreach (var client in replicas.Clients)
        {
            await Eventually.TrueAsync(async () =>
                await Record.ExceptionAsync(async () => await client.Pages.GetPageListAsync(new() { MerchantId = "anybody" })) is null);
        }
    }

    // A snapshot may come before all that is committed anew, which then follows.
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
            await Commits.MakeAsync(replicas.Clients[number % 2], $"merchant-{m}", offset + number);
        }
    }));
}
