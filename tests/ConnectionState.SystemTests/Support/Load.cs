using System.Collections.Concurrent;
using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Write load: one writer for each merchant and replica, until stopped, and how long each replica could not write. STORE_UNAVAILABLE and
/// CONCURRENT_CHANGE are permitted answers; any other error fails the test.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ShortestOutage = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentQueue<string> bugs = new();
    private readonly List<Writer> writers;
    private int number;

    public Load(IReadOnlyList<ConnectionStateClient> clients, IReadOnlyList<string> merchants)
    {
        writers = [.. clients.SelectMany((client, n) => merchants.Select(m => new Writer(n, client, m)))];
        writers.ForEach(writer => writer.Done = Task.Run(() => WriteAsync(writer)));
    }

    /// <summary>Number of successful writes.</summary>
    public long Answered => writers.Sum(writer => Volatile.Read(ref writer.Answered));

    /// <summary>Number of failed writes.</summary>
    public long Failed => writers.Sum(writer => Volatile.Read(ref writer.Failed));

    /// <summary>The duration of the slowest call, successful or not.</summary>
    public TimeSpan Slowest => writers.Max(writer => writer.Slowest);

    /// <summary>Restarts the measurement.</summary>
    public void Mark() => writers.ForEach(writer => writer.Mark());

    /// <summary>Waits for several more successful writes of every writer, or of those for some merchants.</summary>
    public async Task UntilServedAsync(Func<string, bool>? which = null)
    {
        const int Times = 3;
        var waiting = Stopwatch.StartNew();
        foreach (var (writer, before) in writers.Where(w => which?.Invoke(w.Merchant) ?? true).Select(w => (w, w.Answered)).ToList())
        {
            while (Volatile.Read(ref writer.Answered) < before + Times)
            {
                AssertNoBug();
                Assert.True(
                    waiting.Elapsed < Eventually.Patience,
                    $"Replica {writer.Replica} does not write {writer.Merchant} after {waiting.Elapsed}: {writer.LastFailure}");
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>The longest outage of each replica since <see cref="Mark"/>, and when it ended.</summary>
    /// <param name="since">The <see cref="Stopwatch"/> timestamp that the end is relative to.</param>
    public string Outages(long since) => string.Join("; ", writers.GroupBy(writer => writer.Replica).Select(group =>
    {
        var longest = group.MaxBy(writer => writer.Longest.Length)!.Longest;
        var back = group.Select(writer => writer.Longest).Where(gap => gap.Length > ShortestOutage).Select(gap => gap.End).DefaultIfEmpty(since).Max();
        var after = Stopwatch.GetElapsedTime(since, Math.Max(since, back));
        return $"replica {group.Key}: {longest.Length.TotalMilliseconds:N0} ms, back after {after.TotalMilliseconds:N0} ms";
    }));

    /// <summary>Stops the writers and waits for open calls.</summary>
    public async Task StopAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(writers.Select(writer => writer.Done));
        AssertNoBug();
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(writers.Select(writer => writer.Done));
        ending.Dispose();
    }

    private void AssertNoBug() => Assert.True(bugs.IsEmpty, string.Join('\n', bugs.Take(5)));

    private async Task WriteAsync(Writer writer)
    {
        const int Numbers = 10_000;
        while (!ending.IsCancellationRequested)
        {
            var sent = Stopwatch.GetTimestamp();
            try
            {
                await Commits.MakeAsync(writer.Client, writer.Merchant, Interlocked.Increment(ref number) % Numbers);
                writer.Succeed(sent);
            }
            catch (RpcException e)
            {
                writer.Fail(sent, e);
                if (!IsPermitted(e))
                {
                    bugs.Enqueue($"{writer.Merchant} through replica {writer.Replica}: {e.Message}");
                }
            }

            await Task.Delay(Pause);
        }
    }

    private static bool IsPermitted(RpcException e) => (e.StatusCode, e.GetConnectionStateError().Reason) is
        (StatusCode.Unavailable, ErrorReason.StoreUnavailable) or (StatusCode.Aborted, ErrorReason.ConcurrentChange);

    /// <summary>A time without a successful write.</summary>
    private sealed record Gap(long End, TimeSpan Length);

    private sealed class Writer(int replica, ConnectionStateClient client, string merchant)
    {
        private long last = Stopwatch.GetTimestamp();

        // Fields for Volatile and Interlocked.
        public long Answered;
        public long Failed;

        public int Replica => replica;

        public ConnectionStateClient Client => client;

        public string Merchant => merchant;

        public Task Done { get; set; } = Task.CompletedTask;

        public Gap Longest { get; private set; } = new(0, default);

        public TimeSpan Slowest { get; private set; }

        public string LastFailure { get; private set; } = "";

        public void Mark() => (Longest, last, Slowest) = (new(0, default), Stopwatch.GetTimestamp(), default);

        public void Succeed(long sent)
        {
            var now = Stopwatch.GetTimestamp();
            var gap = new Gap(now, Stopwatch.GetElapsedTime(last, now));
            Longest = gap.Length > Longest.Length ? gap : Longest;
            last = now;
            Time(sent);
            Interlocked.Increment(ref Answered);
        }

        public void Fail(long sent, RpcException failure)
        {
            LastFailure = failure.InnerException?.Message ?? failure.Message;
            Time(sent);
            Interlocked.Increment(ref Failed);
        }

        private void Time(long sent) => Slowest = Stopwatch.GetElapsedTime(sent) is var took && took > Slowest ? took : Slowest;
    }
}
