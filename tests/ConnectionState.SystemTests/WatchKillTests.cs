using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using Grpc.Core;
using Xunit.Abstractions;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Streams that resume after the server was killed get every change once. One of the three readers of each merchant uses a stream of all merchants.
/// </summary>
public sealed class WatchKillTests(ITestOutputHelper log) : IDisposable
{
    private const int Kills = 3;
    private const int MerchantCount = 8;
    private const int ReadersPerMerchant = 3;
    private const int RevisionsBeforeKill = 30;

    private readonly TemporaryFolder folder = new();
    private readonly List<WatchLog> readers = [.. Enumerable.Range(0, MerchantCount * ReadersPerMerchant).Select(_ => new WatchLog())];
    private string port = "--Listen:GrpcPort=0";

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Resumable_Streams_that_resume_after_kill_9_get_every_change_once()
    {
        for (var kill = 1; kill <= Kills; kill++)
        {
            await WatchUntilKilledAsync(kill);
        }

        await using var server = await StartAsync();
        using var client = server.NewClient();
        for (var r = 0; r < readers.Count; r++)
        {
            var newest = (await client.Pages.GetPageListAsync(new() { MerchantId = Merchant(r) })).PageList.Revision;
            await using var many = new ListsStream(client);
            using var stream = await ResumeAsync(client, many, r);
            await stream.NextAsync();

            Assert.Equal([Reason.Initial], readers[r].Snapshots);
            Assert.Equal(Enumerable.Range(1, (int)newest).Select(n => (long)n), readers[r].Changes.Select(c => c.Revision));
        }

        log.WriteLine($"{readers.Sum(r => r.Changes.Count)} changes received by {readers.Count} readers over {Kills} kills");
    }

    private async Task WatchUntilKilledAsync(int kill)
    {
        await using var server = await StartAsync();
        using var client = server.NewClient();
        await using var many = new ListsStream(client);
        var streams = await Task.WhenAll(readers.Select((_, r) => ResumeAsync(client, many, r)));
        await Task.WhenAll(streams.Select(stream => stream.NextAsync()));
        var reached = new CountdownEvent(readers.Count);
        var reading = streams.Select(stream => ReadAsync(stream, reached)).ToList();
        var writing = Enumerable.Range(0, MerchantCount).Select(m => WriteAsync(client, Merchant(m), kill)).ToList();

        Assert.True(await Task.Run(() => reached.Wait(TimeSpan.FromMinutes(1))), "The changes did not arrive.");
        await server.Process.KillAsync();

        await Task.WhenAll([.. reading, .. writing]);
        Array.ForEach(streams, stream => stream.Dispose());
    }

    private static async Task ReadAsync(RawWatchStream stream, CountdownEvent reached)
    {
        await stream.ReadUntilAsync(stream.Log.Revision + RevisionsBeforeKill);
        reached.Signal();
        AssertBroken(await stream.ReadUntilFailureAsync());
    }

    private static async Task WriteAsync(ConnectionStateClient client, string merchantId, int kill)
    {
        try
        {
            for (var number = 0; ; number++)
            {
                // Each commit sets another number than the one before. The maximum is 10,000 pages.
                await Commits.MakeAsync(client, merchantId, ((kill * 2_000) + number) % 10_000);
            }
        }
        catch (RpcException e)
        {
            AssertBroken(e.GetConnectionStateError());
        }
    }

    // The connection broke; the server sent no error details.
    private static void AssertBroken(ConnectionStateError e)
    {
        Assert.Contains(e.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Cancelled, StatusCode.Internal });
        Assert.Equal(V1.ErrorReason.Unspecified, e.Reason);
    }

    private async Task<RawWatchStream> ResumeAsync(ConnectionStateClient client, ListsStream many, int reader) => reader < MerchantCount
        ? await RawWatchStream.ResumeAsync(many, Merchant(reader), readers[reader])
        : RawWatchStream.Resume(client, Merchant(reader), readers[reader]);

    private static string Merchant(int reader) => $"merchant-{reader % MerchantCount}";

    private async Task<ServerProcess> StartAsync()
    {
        // On a busy machine a reader may be slow for a moment; it must not fall behind.
        var server = await ServerProcess.StartAsync(
            folder.File("cs.db"), "--Store:KeptCommits=1000000", "--Watch:BufferedChanges=1000", port);
        port = server.SamePort;
        return server;
    }
}
