using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Reads one stream of many merchants, and records when it delivered the <see cref="PacedCommits"/> of some of them.</summary>
internal sealed class ManyRecorder(ConnectionStateClient client) : IDisposable
{
    private const int PerRequest = 256;

    private readonly AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> call = client.Watches.WatchPageLists();
    private readonly Dictionary<string, long[]> deliveredAt = [];
    private int awaited;

    /// <summary>The last resume token of each merchant.</summary>
    public Dictionary<string, string> Tokens { get; } = [];

    /// <summary>Adds merchants, and reads until each has got its first message.</summary>
    /// <param name="merchants">The merchants, each with its token or an empty text.</param>
    public async Task AddAsync(IReadOnlyCollection<(string Id, string Token)> merchants)
    {
        var writing = Task.Run(() => WriteAsync(merchants));
        var count = Tokens.Count + merchants.Count;
        while (Tokens.Count < count)
        {
            await ReadAsync();
        }

        await writing;
    }

    /// <summary>Records the commits of a merchant.</summary>
    /// <returns>When each was delivered, as a <see cref="Stopwatch"/> timestamp.</returns>
    public long[] Record(string merchantId, int count)
    {
        awaited += count;
        return deliveredAt[merchantId] = new long[count + 1];
    }

    /// <summary>Reads until all recorded commits were delivered.</summary>
    public async Task ReadToEndAsync()
    {
        while (awaited > 0)
        {
            await ReadAsync();
        }
    }

    /// <summary>Reads until the token is canceled.</summary>
    public async Task ReadOnAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await ReadAsync(stop);
        }
    }

    public void Dispose() => call.Dispose();

    private async Task WriteAsync(IReadOnlyCollection<(string Id, string Token)> merchants)
    {
        foreach (var chunk in merchants.Chunk(PerRequest))
        {
            var request = new WatchPageListsRequest();
            foreach (var (id, token) in chunk)
            {
                var add = new WatchPageListsRequest.Types.Add { MerchantId = id };
                if (token.Length > 0)
                {
                    add.ResumeToken = token;
                }

                request.Adds.Add(add);
            }

            await call.RequestStream.WriteAsync(request);
        }
    }

    private async Task ReadAsync(CancellationToken stop = default)
    {
        if (!await call.ResponseStream.MoveNext(stop))
        {
            throw new InvalidOperationException("The stream ended.");
        }

        var now = Stopwatch.GetTimestamp();
        foreach (var update in call.ResponseStream.Current.Updates)
        {
            if (update.Message is not { } message)
            {
                throw new InvalidOperationException($"Not watched: {update}");
            }

            Tokens[update.MerchantId] = message.ResumeToken;
            if (deliveredAt.TryGetValue(update.MerchantId, out var delivered))
            {
                foreach (var change in message.Changes?.Changes_ ?? [])
                {
                    awaited--;
                    delivered[change.PlanChanged.BoughtPages] = now;
                }
            }
        }
    }
}
