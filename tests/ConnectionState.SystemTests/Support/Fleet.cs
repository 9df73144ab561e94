using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Many watches of one process, and when each was live and when not.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly CancellationTokenSource ending = new();
    private readonly List<Ship> ships;

    public Fleet(ConnectionStateClient client, int watches, int merchants)
    {
        ships = [.. Enumerable.Range(0, watches).Select(n => new Ship(client, $"merchant-{n % merchants}"))];
        ships.ForEach(ship => ship.Sail(ending.Token));
    }

    /// <summary>How many watches are live.</summary>
    public int Live => ships.Count(ship => ship.Turns is [.., { Update.IsLive: true }]);

    /// <summary>When each watch became live or stale, and with which update.</summary>
    public IReadOnlyList<IReadOnlyList<Turn>> Turns => [.. ships.Select(ship => ship.Turns)];

    /// <summary>Waits until so many watches are live.</summary>
    /// <exception cref="TimeoutException">It takes too long.</exception>
    public async Task UntilLiveAsync(int count, TimeSpan patience)
    {
        var waiting = Stopwatch.StartNew();
        while (Live != count)
        {
            if (ships.Find(ship => ship.Done.IsFaulted) is { } wreck)
            {
                await wreck.Done;
            }

            if (waiting.Elapsed > patience)
            {
                throw new TimeoutException($"{Live} watches are live rather than {count}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(ships.Select(ship => ship.Done));
        ending.Dispose();
    }

    /// <summary>A watch became live, or stale.</summary>
    /// <param name="At">When; a timestamp of the stopwatch.</param>
    /// <param name="Update">What it was told.</param>
    internal sealed record Turn(long At, PageListUpdate Update);

    private sealed class Ship(ConnectionStateClient client, string merchantId)
    {
        private volatile Turn[] turns = [];

        public IReadOnlyList<Turn> Turns => turns;

        public Task Done { get; private set; } = Task.CompletedTask;

        public void Sail(CancellationToken cancellationToken) => Done = Task.Run(() => WatchAsync(cancellationToken), CancellationToken.None);

        private async Task WatchAsync(CancellationToken cancellationToken)
        {
            try
            {
                await foreach (var update in client.Watcher.WatchAsync(merchantId, cancellationToken: cancellationToken))
                {
                    if (turns is not [.., { } last] || last.Update.IsLive != update.IsLive)
                    {
                        turns = [.. turns, new Turn(Stopwatch.GetTimestamp(), update)];
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The fleet is called home.
            }
        }
    }
}
