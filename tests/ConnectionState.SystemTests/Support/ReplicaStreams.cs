using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// One stream per merchant and replica, open all the time and read at once. No stream may end or violate a promise, and in the end all
/// must have the state of the store.
/// </summary>
internal sealed class ReplicaStreams : IDisposable
{
    private readonly IReadOnlyList<ConnectionStateClient> clients;
    private readonly List<OpenStream> streams;
    private bool isDisposed;

    public ReplicaStreams(IReadOnlyList<ConnectionStateClient> clients, IReadOnlyList<string> merchants)
    {
        this.clients = clients;
        streams = [.. clients.SelectMany(client => merchants.Select(m => new OpenStream(m, RawWatchStream.Open(client, m))))];
        streams.ForEach(stream => stream.Done = Task.Run(() => FollowAsync(stream.Watch)));
    }

    /// <summary>The number of streams that got a HISTORY_REPLACED snapshot.</summary>
    public int Replaced => streams.Count(stream => stream.Watch.Log.Snapshots.Contains(Reason.HistoryReplaced));

    public int Count => streams.Count;

    /// <summary>Waits until every stream satisfies the condition.</summary>
    public async Task UntilAllAsync(string what, Func<string, WatchLog, bool> condition)
    {
        var waiting = Stopwatch.StartNew();
        foreach (var stream in streams)
        {
            while (!condition(stream.Merchant, stream.Watch.Log))
            {
                Assert.False(stream.Done.IsFaulted, $"{stream.Done.Exception}");
                Assert.True(
                    waiting.Elapsed < Eventually.Patience,
                    $"After {Eventually.Patience} not yet: {what}. A stream of {stream.Merchant} is at {stream.Watch.Log.Revision}.");
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }
        }
    }

    /// <summary>Waits until every stream, or those of some merchants, is at the current revision of the store, and returns how long it took.</summary>
    public async Task<TimeSpan> CatchUpAsync(Func<string, bool>? which = null)
    {
        var waiting = Stopwatch.StartNew();
        var revisions = new Dictionary<string, long>();
        foreach (var merchant in streams.Select(stream => stream.Merchant).Distinct().Where(m => which?.Invoke(m) ?? true))
        {
            revisions[merchant] = (await clients[0].Pages.GetPageListAsync(new() { MerchantId = merchant })).PageList.Revision;
        }

        await UntilAllAsync("every stream has caught up", (m, log) => !revisions.TryGetValue(m, out var r) || log.Revision >= r);
        return waiting.Elapsed;
    }

    /// <summary>Waits until every stream and every replica have the state of the store, and compares the received changes with the history.</summary>
    public async Task AssertAgreedAsync()
    {
        var lists = new Dictionary<string, PageList>();
        foreach (var merchant in streams.Select(stream => stream.Merchant).Distinct())
        {
            var read = await Task.WhenAll(clients.Select(async c => (await c.Pages.GetPageListAsync(new() { MerchantId = merchant })).PageList));
            Assert.All(read, list => Assert.Equal(read[0], list));
            lists[merchant] = read[0];
        }

        await UntilAllAsync("every stream has the state of the store", (merchant, log) => lists[merchant].Equals(log.List));
        foreach (var stream in streams)
        {
            var received = stream.Watch.Log.SinceSnapshot.ToList();
            var after = received.Count == 0 ? stream.Watch.Log.Revision : received[0].Revision - 1;
            Assert.Equal(await HistoryAsync(stream.Merchant, after), received);
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref isDisposed, true);
        streams.ForEach(stream => stream.Watch.Dispose());
    }

    private async Task FollowAsync(RawWatchStream stream)
    {
        try
        {
            while (true)
            {
                await stream.NextAsync();
            }
        }
        catch (Exception) when (Volatile.Read(ref isDisposed))
        {
            // Canceled by Dispose.
        }
    }

    private async Task<List<Change>> HistoryAsync(string merchant, long after)
    {
        var changes = new List<Change>();
        ListChangesResponse page;
        do
        {
            page = await clients[0].Pages.ListChangesAsync(
                new() { MerchantId = merchant, AfterRevision = changes.LastOrDefault()?.Revision ?? after, Limit = 1_000 });
            changes.AddRange(page.Changes);
        }
        while (page.More);
        return changes;
    }

    private sealed record OpenStream(string Merchant, RawWatchStream Watch)
    {
        public Task Done { get; set; } = Task.CompletedTask;
    }
}
