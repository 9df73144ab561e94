using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Merchants with connected pages.</summary>
internal static class SeededMerchants
{
    private const int ImportedAtOnce = 100;
    private const int Importers = 16;

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

    /// <summary>Imports many merchants, each of them with one connection.</summary>
    public static Task ImportAsync(ConnectionStateClient client, int count, Func<int, (string MerchantId, Connection Connection)> merchant) => Parallel.ForEachAsync(
        Enumerable.Range(0, count).Chunk(ImportedAtOnce),
        new ParallelOptions { MaxDegreeOfParallelism = Importers },
        async (batch, cancellationToken) =>
        {
            var request = new ImportMerchantsRequest { Source = "a benchmark" };
            foreach (var (id, connection) in batch.Select(merchant))
            {
                request.Items.Add(new ImportMerchantsRequest.Types.Item
                {
                    Merchant = new() { MerchantId = id, Connections = { new ExportedConnection { Connection = connection } } },
                });
            }

            var response = await client.Fleet.ImportMerchantsAsync(request, cancellationToken: cancellationToken);
            if (response.Outcomes.FirstOrDefault(outcome => outcome.Result is not ImportMerchantsResponse.Types.Result.Imported) is { } failed)
            {
                throw new InvalidOperationException($"The import failed: {failed}");
            }
        });

    /// <summary>Returns a connected page as it is imported.</summary>
    public static Connection Connected(string pageId) => new()
    {
        Page = new() { Provider = Provider.Facebook, PageId = pageId },
        PageName = "A Page",
        State = Connection.Types.State.Connected,
        AccountId = "account",
        StateSince = Timestamp.FromDateTimeOffset(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)),
    };

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
