using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Many watches in one process, with a record of when each became live or stale.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly CancellationTokenSource ending = new();
    private readonly List<Watch> watches;

    public Fleet(ConnectionStateClient client, int count, int merchants)
    {
        watches = [.. Enumerable.Range(0, count).Select(n => new Watch(client, $"merchant-{n % merchants}"))];
        watches.ForEach(watch => watch.Start(ending.Token));
    }

    /// <summary>Number of live watches.</summary>
    public int Live => watches.Count(watch => watch.Transitions is [.., { Update.IsLive: true }]);

    /// <summary>For each watch, when it became live or stale and with which update.</summary>
    public IReadOnlyList<IReadOnlyList<Transition>> Transitions => [.. watches.Select(watch => watch.Transitions)];

    /// <summary>Waits until exactly <paramref name="count"/> watches are live.</summary>
    /// <exception cref="TimeoutException">They are not within <paramref name="timeout"/>.</exception>
    public async Task UntilLiveAsync(int count, TimeSpan timeout)
    {
        var waiting = Stopwatch.StartNew();
        while (Live != count)
        {
            if (watches.Find(watch => watch.Done.IsFaulted) is { } failed)
            {
                await failed.Done;
            }

            if (waiting.Elapsed > timeout)
            {
                throw new TimeoutException($"{Live} watches are live rather than {count}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(watches.Select(watch => watch.Done));
        ending.Dispose();
    }

    /// <summary>A watch became live or stale.</summary>
    /// <param name="At">The time as a <see cref="Stopwatch"/> timestamp.</param>
    /// <param name="Update">The update that said so.</param>
    internal sealed record Transition(long At, PageListUpdate Update);

    private sealed class Watch(ConnectionStateClient client, string merchantId)
    {
        private volatile Transition[] transitions = [];

        public IReadOnlyList<Transition> Transitions => transitions;

        public Task Done { get; private set; } = Task.CompletedTask;

        public void Start(CancellationToken cancellationToken) => Done = Task.Run(() => WatchAsync(cancellationToken), CancellationToken.None);

        private async Task WatchAsync(CancellationToken cancellationToken)
        {
            try
            {
                await foreach (var update in client.Watcher.WatchAsync(merchantId, cancellationToken: cancellationToken))
                {
                    if (transitions is not [.., { } last] || last.Update.IsLive != update.IsLive)
                    {
                        transitions = [.. transitions, new Transition(Stopwatch.GetTimestamp(), update)];
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The fleet is disposed.
            }
        }
    }
}
