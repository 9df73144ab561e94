using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Merchants with connected pages.</summary>
internal static class SeededMerchants
{
    /// <summary>Connects three pages, so that the page list has a typical size.</summary>
    public static async Task ConnectThreePagesAsync(ConnectionStateClient client, string merchantId, Func<int, string>? pageIds = null)
    {
        for (var page = 0; page < 3; page++)
        {
            await ConnectPageAsync(client, merchantId, pageIds?.Invoke(page) ?? $"page-{page}-of-{merchantId}");
        }
    }

    /// <summary>Connects a page in four calls, each of which is a commit.</summary>
    public static async Task ConnectPageAsync(ConnectionStateClient client, string merchantId, string pageId, DateTimeOffset? expiresAt = null)
    {
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
        var sessionId = begun.Session.SessionId;
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = sessionId,
            Account = new() { AccountId = $"of-{merchantId}", Name = "An Account", Personal = true },
            Candidates = { new Candidate { PageId = pageId, Name = "A Page", Role = PageRole.Editor } },
        });
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = sessionId, PageId = pageId });
        await client.Connect.GrantAsync(new()
        {
            MerchantId = merchantId,
            SessionId = sessionId,
            ExpiresAt = expiresAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        });
    }

    /// <summary>Makes a change that is always committed: the grant of a page is renewed.</summary>
    /// <exception cref="InvalidOperationException">The renewal was not applied.</exception>
    public static async Task RenewAsync(ConnectionStateClient client, string merchantId, string pageId, DateTimeOffset? expiresAt = null)
    {
        var reply = await client.Signals.RenewGrantAsync(new()
        {
            MerchantId = merchantId,
            Page = new() { Provider = Provider.Facebook, PageId = pageId },
            ExpiresAt = expiresAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        });
        if (reply.Result is not SignalOutcome.Types.Result.Applied)
        {
            throw new InvalidOperationException($"The renewal was not applied: {reply}");
        }
    }
}
