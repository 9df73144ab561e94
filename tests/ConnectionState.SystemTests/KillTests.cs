using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>The embedded store after kill -9: acknowledged commits survive, others are stored completely or not at all.</summary>
public sealed class KillTests(ITestOutputHelper log) : IDisposable
{
    private const int Writers = 64;
    private const int MerchantCount = 16;
    private const int CommitsBeforeKill = 256;

    private static readonly int Kills = LongRun.Of(all: 50, usual: 6);

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentDictionary<string, string> acknowledged = new();
    private readonly ConcurrentDictionary<string, string> unknown = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_acknowledged_commit_survives_repeated_kills_during_64_parallel_writers()
    {
        for (var kill = 1; kill <= Kills; kill++)
        {
            unknown.Clear();
            await WriteUntilKilledAsync();
            await CheckAsync();
        }

        log.WriteLine($"{acknowledged.Count} acknowledged, {unknown.Count} unknown after the last of {Kills} kills");
        Assert.True(acknowledged.Count >= Kills * CommitsBeforeKill);
        await RetryUnknownAsync();
        await CheckAsync();
    }

    private async Task WriteUntilKilledAsync()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Store:KeptCommits=1000000");
        using var client = server.NewClient();
        var before = acknowledged.Count;
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(client, $"merchant-{w % MerchantCount}"))).ToList();
        while (acknowledged.Count < before + CommitsBeforeKill)
        {
            Assert.False(Task.WhenAll(writers).IsFaulted, $"{Task.WhenAll(writers).Exception}");
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        await server.Process.KillAsync();
        await Task.WhenAll(writers);
    }

    private async Task WriteAsync(ConnectionStateClient client, string merchantId)
    {
        for (var number = 0; ; number++)
        {
            var requestId = Guid.NewGuid().ToString("N");
            try
            {
                await client.Connect.BeginConnectAsync(Request(merchantId, requestId));
                acknowledged[requestId] = merchantId;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal)
            {
                // The connection broke, so that the outcome is unknown. The server itself never answers INTERNAL.
                Assert.Equal(ErrorReason.Unspecified, e.GetConnectionStateError().Reason);
                unknown[requestId] = merchantId;
                return;
            }
        }
    }

    private async Task CheckAsync()
    {
        var store = new SqliteStore(
            Options.Create(new StoreOptions { Path = folder.File("cs.db") }), TimeProvider.System);
        await using (store)
        {
            await store.OpenAsync(CancellationToken.None);
            var stored = new Dictionary<string, string>();
            for (var m = 0; m < MerchantCount; m++)
            {
                foreach (var requestId in await CheckMerchantAsync(store, $"merchant-{m}"))
                {
                    Assert.True(stored.TryAdd(requestId, $"merchant-{m}"), "A request was committed twice.");
                }
            }

            await DerivedData.AssertMatchesAsync(store, stored.Values.Distinct());
            Assert.All(acknowledged, a => Assert.Equal(a.Value, stored.GetValueOrDefault(a.Key)));
        }
    }

    private static async Task<IEnumerable<string>> CheckMerchantAsync(SqliteStore store, string merchantId)
    {
        var merchant = await store.ReadAsync(merchantId, CancellationToken.None);
        var commits = await store.ReadCommitsAsync(merchantId, 0, int.MaxValue, CancellationToken.None);

        Assert.Equal(Enumerable.Range(1, commits.Length).Select(i => (long)i), commits.Select(c => c.Revision));
        Assert.Equal(commits.Select(c => c.Id).Prepend(0UL).SkipLast(1), commits.Select(c => c.PreviousId));
        Assert.Equal((commits[^1].Revision, commits[^1].Id), (merchant.Record.Revision, merchant.CommitId));
        return commits.Select(c => c.RequestId);
    }

    // Retries with the same request ids: requests that were stored are not stored again, the others are stored now.
    private async Task RetryUnknownAsync()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Store:KeptCommits=1000000");
        using var client = server.NewClient();
        foreach (var (requestId, merchantId) in unknown)
        {
            await client.Connect.BeginConnectAsync(Request(merchantId, requestId));
            acknowledged[requestId] = merchantId;
        }
    }

    // Always changes something: a request without effect would leave no commit to look for.
    private static BeginConnectRequest Request(string merchantId, string requestId) =>
        new() { MerchantId = merchantId, Provider = Provider.Zalo, RequestId = requestId };
}
