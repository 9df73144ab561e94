using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Benchmarks;

/// <summary>Measures the delay from the end of a token to its expiry, according to the history. No call triggers the expiry.</summary>
internal static class ExpiryBenchmark
{
    private const int Tokens = 50;

    public static async Task RunAsync()
    {
        using var server = ServerUnderTest.StartService();
        using var client = server.CreateClient();
        var ends = new DateTimeOffset[Tokens];
        for (var n = 0; n < Tokens; n++)
        {
            ends[n] = await GrantAsync(client, n);

            // Spreads the token ends over the interval of the timer.
            await Task.Delay(TimeSpan.FromMilliseconds(17));
        }

        var delays = new List<double>();
        for (var n = 0; n < Tokens; n++)
        {
            delays.Add((await WaitForExpiryAsync(client, n) - ends[n]).TotalMilliseconds);
        }

        delays.Sort();
        Report.Row(
            $"Delay from the end of a token to its expiry, {Tokens} tokens: shortest; median; longest",
            $"{delays[0]:F0} ms; {delays[Tokens / 2]:F0} ms; {delays[^1]:F0} ms");
    }

    private static async Task<DateTimeOffset> GrantAsync(ConnectionStateClient client, int n)
    {
        var merchantId = $"merchant-{n}";
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
        var sessionId = begun.Session.SessionId;
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = sessionId,
            Account = new() { AccountId = "account", Name = "An Account", Personal = true },
            Candidates = { new Candidate { PageId = $"page-{n}", Name = "A Page", Role = PageRole.Editor } },
        });
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = sessionId, PageId = $"page-{n}" });
        var end = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1);
        await client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = sessionId, ExpiresAt = Timestamp.FromDateTimeOffset(end) });
        return end;
    }

    private static async Task<DateTimeOffset> WaitForExpiryAsync(ConnectionStateClient client, int n)
    {
        while (true)
        {
            var history = await client.Pages.ListChangesAsync(new() { MerchantId = $"merchant-{n}", Limit = 100 });
            if (history.Changes.FirstOrDefault(c => c.Transition?.Trigger is Trigger.Expire) is { } expired)
            {
                return expired.At.ToDateTimeOffset();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
