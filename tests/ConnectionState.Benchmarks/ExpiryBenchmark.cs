using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Benchmarks;

/// <summary>How late a token that ends in one second is expired, by the time that the history tells. No call has a part in it.</summary>
internal static class ExpiryBenchmark
{
    private const int Tokens = 50;

    public static async Task<int> RunAsync()
    {
        using var server = ServerUnderTest.StartProduct();
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        var ends = new DateTimeOffset[Tokens];
        for (var n = 0; n < Tokens; n++)
        {
            // Not all at the same point between two looks of the timer.
            ends[n] = await ConnectAsync(client, n);
            await Task.Delay(TimeSpan.FromMilliseconds(17));
        }

        var late = new List<double>();
        for (var n = 0; n < Tokens; n++)
        {
            late.Add((await ExpiredAtAsync(client, n) - ends[n]).TotalMilliseconds);
        }

        late.Sort();
        Console.WriteLine($"{Tokens} tokens: expired {late[0]:F0} ms after their end at the earliest, "
            + $"median {late[Tokens / 2]:F0} ms, at the latest {late[^1]:F0} ms");
        return 0;
    }

    private static async Task<DateTimeOffset> ConnectAsync(ConnectionStateClient client, int n)
    {
        var merchantId = $"m{n}";
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = begun.Session.SessionId,
            Account = new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { new Candidate { PageId = $"page-{n}", Name = "A Page", Role = PageRole.Editor } },
        });
        await client.Connect.ChoosePageAsync(
            new() { MerchantId = merchantId, SessionId = begun.Session.SessionId, PageId = $"page-{n}" });
        var end = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1);
        await client.Connect.GrantAsync(
            new() { MerchantId = merchantId, SessionId = begun.Session.SessionId, ExpiresAt = Timestamp.FromDateTimeOffset(end) });
        return end;
    }

    private static async Task<DateTimeOffset> ExpiredAtAsync(ConnectionStateClient client, int n)
    {
        while (true)
        {
            var history = await client.Pages.ListChangesAsync(new() { MerchantId = $"m{n}", Limit = 100 });
            if (history.Changes.FirstOrDefault(c => c.Transition?.Trigger is Trigger.Expire) is { } expired)
            {
                return expired.At.ToDateTimeOffset();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
