using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// One stream for each merchant at each replica, open all the time and read at once. No stream may end, and none may break a promise;
/// in the end all must have come to what the store has.
/// </summary>
internal sealed class ReplicaStreams : IDisposable
{
    /// <summary>Longer than anything here takes.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyList<ConnectionStateClient> clients;
    private readonly List<Seat> seats;
    private bool over;

    public ReplicaStreams(IReadOnlyList<ConnectionStateClient> clients, IReadOnlyList<string> merchants)
    {
        this.clients = clients;
        seats = [.. clients.SelectMany(client => merchants.Select(m => new Seat(m, RawWatchStream.Open(client, m))))];
        seats.ForEach(seat => seat.Done = Task.Run(() => FollowAsync(seat.Stream)));
    }

    /// <summary>How many streams were told that their history was replaced.</summary>
    public int Replaced => seats.Count(seat => seat.Stream.Log.Snapshots.Contains(Reason.HistoryReplaced));

    public int Count => seats.Count;

    /// <summary>Waits until the condition is so of every stream.</summary>
    public async Task UntilAllAsync(string what, Func<string, WatchLog, bool> condition)
    {
        var waiting = Stopwatch.StartNew();
        foreach (var seat in seats)
        {
            while (!condition(seat.Merchant, seat.Stream.Log))
            {
                Assert.False(seat.Done.IsFaulted, $"{seat.Done.Exception}");
                Assert.True(waiting.Elapsed < Hang, $"Not so after {Hang}: {what}. A stream of {seat.Merchant} is at {seat.Stream.Log.Revision}.");
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }
        }
    }

    /// <summary>How long it takes until every stream, or those of some merchants, has come to where the store stands now.</summary>
    public async Task<TimeSpan> CatchUpAsync(Func<string, bool>? which = null)
    {
        var waiting = Stopwatch.StartNew();
        var revisions = new Dictionary<string, long>();
        foreach (var merchant in seats.Select(seat => seat.Merchant).Distinct().Where(m => which?.Invoke(m) ?? true))
        {
            revisions[merchant] = (await clients[0].Pages.GetPageListAsync(new() { MerchantId = merchant })).PageList.Revision;
        }

        await UntilAllAsync("every stream has caught up", (m, log) => !revisions.TryGetValue(m, out var r) || log.Revision >= r);
        return waiting.Elapsed;
    }

    /// <summary>Waits until every stream has what the store has, by every replica; then holds what was told against the history.</summary>
    public async Task AssertAgreedAsync()
    {
        var lists = new Dictionary<string, PageList>();
        foreach (var merchant in seats.Select(seat => seat.Merchant).Distinct())
        {
            var read = await Task.WhenAll(clients.Select(async c => (await c.Pages.GetPageListAsync(new() { MerchantId = merchant })).PageList));
            Assert.All(read, list => Assert.Equal(read[0], list));
            lists[merchant] = read[0];
        }

        await UntilAllAsync("every stream has what the store has", (merchant, log) => lists[merchant].Equals(log.List));
        foreach (var seat in seats)
        {
            var told = seat.Stream.Log.SinceSnapshot.ToList();
            var after = told.Count == 0 ? seat.Stream.Log.Revision : told[0].Revision - 1;
            Assert.Equal(await HistoryAsync(seat.Merchant, after), told);
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref over, true);
        seats.ForEach(seat => seat.Stream.Dispose());
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
        catch (Exception) when (Volatile.Read(ref over))
        {
            // The test is done with it.
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

    private sealed record Seat(string Merchant, RawWatchStream Stream)
    {
        public Task Done { get; set; } = Task.CompletedTask;
    }
}
