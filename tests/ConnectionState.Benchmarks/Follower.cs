using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Benchmarks;

/// <summary>One stream, and when it told of each of a merchant's <see cref="PacedCommits"/>.</summary>
internal sealed class Follower(ConnectionStateClient client, string merchantId, int count) : IDisposable
{
    private readonly AsyncServerStreamingCall<WatchPageListResponse> call =
        client.Watches.WatchPageList(new() { MerchantId = merchantId });

    /// <summary>When each commit was told; 0: it never was, since the newest page list came in its place.</summary>
    public long[] DeliveredAt { get; } = new long[count + 1];

    /// <summary>How often the stream said that it was read too slowly.</summary>
    public int FellBehind { get; private set; }

    /// <summary>The newest commit that it told of.</summary>
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
        FellBehind += message.Snapshot?.Reason is Reason.FellBehind ? 1 : 0;
        Newest = (message.Snapshot?.PageList ?? message.Changes?.PageList)?.Quota.Bought ?? Newest;
        foreach (var change in message.Changes?.Changes_ ?? [])
        {
            DeliveredAt[change.PlanChanged.BoughtPages] = now;
        }
    }

    public async Task ReadToEndAsync()
    {
        while (Newest < count)
        {
            await ReadAsync();
        }
    }

    public void Dispose() => call.Dispose();
}
