using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks;

/// <summary>
/// Commits of one merchant, numbered from 1, one after the other and evenly over a time. The number is what is bought, so that those
/// who watch can tell which commit they were told of.
/// </summary>
internal sealed class PacedCommits(ConnectionStateClient client, string merchantId, int count, TimeSpan duration)
{
    /// <summary>When the request of each commit was sent; a timestamp of the stopwatch.</summary>
    public long[] SentAt { get; } = new long[count + 1];

    /// <summary>When the answer to each had come.</summary>
    public long[] AnsweredAt { get; } = new long[count + 1];

    public async Task RunAsync()
    {
        // Not all merchants at the same moment.
        var start = Stopwatch.GetTimestamp() + (long)(Random.Shared.NextDouble() * duration.TotalSeconds / count * Stopwatch.Frequency);
        for (var number = 1; number <= count; number++)
        {
            var early = (duration * number / count) - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }

            SentAt[number] = Stopwatch.GetTimestamp();
            await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = number });
            AnsweredAt[number] = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Connects three pages, so that the page list is as large as most are.</summary>
    public static async Task PrepareAsync(ConnectionStateClient client, string merchantId, Func<int, string>? pageIds = null)
    {
        for (var page = 0; page < 3; page++)
        {
            var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
            var (sessionId, pageId) = (begun.Session.SessionId, pageIds?.Invoke(page) ?? $"page-{page}-of-{merchantId}");
            await client.Connect.SubmitAccountAsync(new()
            {
                MerchantId = merchantId,
                SessionId = sessionId,
                Account = new() { AccountId = "person", Name = "A Person", Personal = true },
                Candidates = { new Candidate { PageId = pageId, Name = "A Page", Role = PageRole.Editor } },
            });
            await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = sessionId, PageId = pageId });
            await client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = sessionId });
        }
    }
}
