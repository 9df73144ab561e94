using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>
/// Commits of one merchant, numbered from 1, sent one after the other and spread evenly over a period. Each commit sets the number of
/// bought pages to its own number, so that a <see cref="WatchRecorder"/> knows which commit a message belongs to.
/// </summary>
internal sealed class PacedCommits(ConnectionStateClient client, string merchantId, int count, TimeSpan period)
{
    /// <summary>When the request of each commit was sent, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long[] SentAt { get; } = new long[count + 1];

    /// <summary>When the response to each commit arrived, as a <see cref="Stopwatch"/> timestamp.</summary>
    public long[] AnsweredAt { get; } = new long[count + 1];

    public async Task RunAsync()
    {
        // A random offset, so that the merchants do not commit in step.
        var start = Stopwatch.GetTimestamp() + (long)(Random.Shared.NextDouble() * period.TotalSeconds / count * Stopwatch.Frequency);
        for (var number = 1; number <= count; number++)
        {
            var untilDue = (period * number / count) - Stopwatch.GetElapsedTime(start);
            if (untilDue > TimeSpan.Zero)
            {
                await Task.Delay(untilDue);
            }

            SentAt[number] = Stopwatch.GetTimestamp();
            await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = number });
            AnsweredAt[number] = Stopwatch.GetTimestamp();
        }
    }
}
