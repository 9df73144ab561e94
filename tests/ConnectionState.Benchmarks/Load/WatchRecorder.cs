using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Reads one watch stream and records when it delivered each of a merchant's <see cref="PacedCommits"/>.</summary>
internal sealed class WatchRecorder(ConnectionStateClient client, string merchantId, int count) : IDisposable
{
    private readonly AsyncServerStreamingCall<WatchPageListResponse> call =
        client.Watches.WatchPageList(new() { MerchantId = merchantId });

    /// <summary>When each commit was delivered, as a <see cref="Stopwatch"/> timestamp; 0 if a snapshot replaced it.</summary>
    public long[] DeliveredAt { get; } = new long[count + 1];

    /// <summary>How many snapshots the stream delivered because it was read too slowly.</summary>
    public int FellBehind { get; private set; }

    /// <summary>The number of the newest commit that was delivered.</summary>
    public int Newest { get; private set; }

    /// <summary>Reads one message.</summary>
    public async Task ReadAsync()
    {
        if (!await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            throw new InvalidOperationException("The stream ended.");
        }

        var now = Stopwatch.GetTimestamp();
        var message = call.ResponseStream.Current;
        FellBehind += message.Snapshot?.Reason is SnapshotReason.FellBehind ? 1 : 0;
        Newest = (message.Snapshot?.PageList ?? message.Changes?.PageList)?.Quota.Bought ?? Newest;
        foreach (var change in message.Changes?.Changes_ ?? [])
        {
            DeliveredAt[change.PlanChanged.BoughtPages] = now;
        }
    }

    /// <summary>Reads until the last commit was delivered.</summary>
    public async Task ReadToEndAsync()
    {
        while (Newest < count)
        {
            await ReadAsync();
        }
    }

    public void Dispose() => call.Dispose();
}
