using System.Diagnostics;
using Grpc.Core;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Callers that make one call after the other, each as soon as the one before is answered.</summary>
internal static class ClosedLoop
{
    /// <summary>Number of callers in the throughput benchmarks.</summary>
    public const int Callers = 64;

    /// <summary>Calls for <paramref name="length"/> and returns calls per second.</summary>
    /// <param name="call">Makes the call of the caller with this number.</param>
    /// <param name="length">How long to call.</param>
    /// <param name="callers">Number of callers.</param>
    public static async Task<double> RateAsync(Func<int, Task> call, TimeSpan length, int callers = Callers)
    {
        var watch = Stopwatch.StartNew();
        var calls = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var made = 0L;
            while (watch.Elapsed < length)
            {
                try
                {
                    await call(caller);
                    made++;
                }
                catch (RpcException e) when (e.StatusCode is StatusCode.Aborted)
                {
                    // It lost every race for its merchant. It does not count.
                }
            }

            return made;
        })));
        return calls.Sum() / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Calls for <paramref name="length"/> and returns the latencies.</summary>
    public static async Task<Latencies> LatenciesAsync(Func<Task> call, TimeSpan length, int callers)
    {
        var watch = Stopwatch.StartNew();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var made = new List<(long From, long To)>();
            while (watch.Elapsed < length)
            {
                var from = Stopwatch.GetTimestamp();
                await call();
                made.Add((from, Stopwatch.GetTimestamp()));
            }

            return made;
        })));
        return Latencies.Between(times.SelectMany(made => made));
    }
}
