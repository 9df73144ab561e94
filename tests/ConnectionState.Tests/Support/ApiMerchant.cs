using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>One merchant that is changed through the public API.</summary>
internal sealed class ApiMerchant(ConnectionStateClient client, string id)
{
    public static readonly PageRef A = Facebook("page-a");
    public static readonly PageRef B = Facebook("page-b");
    public static readonly PageRef C = Facebook("page-c");
    public static readonly PageRef D = Facebook("page-d");
    public static readonly PageRef Oa = new() { Provider = Provider.Zalo, PageId = "oa-1" };

    /// <summary>A time in the far future. The service treats a signal observed in the future as observed now.</summary>
    public static readonly Timestamp Now = Timestamp.FromDateTimeOffset(new(2099, 12, 31, 0, 0, 0, TimeSpan.Zero));

    public string Id => id;

    public static PageRef Facebook(string pageId) => new() { Provider = Provider.Facebook, PageId = pageId };

    public static Candidate Offer(string pageId, PageRole role = PageRole.Editor) =>
        new() { PageId = pageId, Name = $"The page {pageId}", Role = role };

    public async Task<ConnectSession> BeginAsync(Provider provider, string? reconnect = null, string requestId = "")
    {
        var request = new BeginConnectRequest { MerchantId = id, Provider = provider, RequestId = requestId };
        if (reconnect is not null)
        {
            request.ReconnectPageId = reconnect;
        }

        return (await client.Connect.BeginConnectAsync(request)).Session;
    }

    public async Task<ConnectSession> SignInAsync(ConnectSession session, params Candidate[] candidates) =>
        (await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = id,
            SessionId = session.SessionId,
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
            Candidates = { candidates },
        })).Session;

    public async Task<ChoosePageResponse> ChooseAsync(ConnectSession session, string pageId) =>
        await client.Connect.ChoosePageAsync(new() { MerchantId = id, SessionId = session.SessionId, PageId = pageId });

    public async Task<GrantResponse> GrantAsync(ConnectSession session, bool consent = true, DateTimeOffset? expiresAt = null) =>
        await client.Connect.GrantAsync(new()
        {
            MerchantId = id,
            SessionId = session.SessionId,
            MessagingConsent = consent,
            ExpiresAt = expiresAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        });

    public async Task<RefuseResponse> RefuseAsync(ConnectSession session) =>
        await client.Connect.RefuseAsync(new() { MerchantId = id, SessionId = session.SessionId });

    public async Task<ConnectSession> SessionAsync(ConnectSession session) =>
        (await client.Connect.GetConnectSessionAsync(new() { MerchantId = id, SessionId = session.SessionId })).Session;

    /// <summary>Begins a session and chooses the page, so that the connection is pending.</summary>
    public async Task<ConnectSession> RequestAsync(PageRef page, string? reconnect = null)
    {
        var session = await SignInAsync(await BeginAsync(page.Provider, reconnect), Offer(page.PageId));
        return (await ChooseAsync(session, page.PageId)).Session;
    }

    public async Task<Connection> ConnectUntilAsync(PageRef page, DateTimeOffset? expiresAt) =>
        (await GrantAsync(await RequestAsync(page), expiresAt: expiresAt)).Connection;

    public async Task ConnectAsync(params PageRef[] pages)
    {
        foreach (var page in pages)
        {
            await ConnectUntilAsync(page, expiresAt: null);
        }
    }

    public async Task<PageList> ListAsync() => (await client.Pages.GetPageListAsync(new() { MerchantId = id })).PageList;

    public async Task<string[]> ListedAsync() => [.. (await ListAsync()).Connections.Select(c => c.Page.PageId)];

    public async Task<Connection> FindAsync(PageRef page) =>
        (await client.Pages.GetConnectionAsync(new() { MerchantId = id, Page = page })).Connection;

    public async Task<SignalOutcome> ReportAsync(PageRef page, Signal signal, DateTimeOffset? observedAt = null) =>
        (await client.Signals.ReportSignalAsync(new()
        {
            MerchantId = id,
            Page = page,
            Signal = signal,
            ObservedAt = observedAt is { } at ? Timestamp.FromDateTimeOffset(at) : Now,
        })).Outcomes.Single();

    public async Task<Connection> RenewAsync(PageRef page, DateTimeOffset? expiresAt = null) =>
        (await client.Signals.RenewGrantAsync(new()
        {
            MerchantId = id,
            Page = page,
            ExpiresAt = expiresAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        })).Connection;

    public async Task<AcknowledgeResponse> AcknowledgeAsync(PageRef page) =>
        await client.Pages.AcknowledgeAsync(new() { MerchantId = id, Page = page });

    public async Task<DisconnectResponse> DisconnectAsync(PageRef page, string requestId = "") =>
        await client.Pages.DisconnectAsync(new() { MerchantId = id, Page = page, RequestId = requestId });

    public async Task<Quota> SetPlanAsync(Plan plan, int bought = 0) =>
        (await client.Plans.SetPlanAsync(new() { MerchantId = id, Plan = plan, BoughtPages = bought })).Quota;

    public async Task<IReadOnlyList<Change>> HistoryAsync(PageRef? page = null) =>
        (await client.Pages.ListChangesAsync(new() { MerchantId = id, Page = page, Limit = 1000 })).Changes;

    /// <summary>Asserts that a call fails with the given reason and status, and returns the error.</summary>
    public static async Task<ConnectionStateError> ExpectRefusedAsync(ErrorReason reason, StatusCode status, Func<Task> call)
    {
        var failure = (await Assert.ThrowsAsync<RpcException>(call)).GetConnectionStateError();
        Assert.Equal((reason, status), (failure.Reason, failure.StatusCode));
        return failure;
    }
}
