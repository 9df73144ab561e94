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

    public Task<ConnectSession> SignInAsync(ConnectSession session, params Candidate[] candidates) =>
        SignInAsync(session, "person-1", complete: false, candidates);

    public async Task<ConnectSession> SignInAsync(ConnectSession session, string accountId, bool complete, params Candidate[] candidates) =>
        (await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = id,
            SessionId = session.SessionId,
            Account = new() { AccountId = accountId, Name = "A Person", Personal = true },
            Candidates = { candidates },
            Complete = complete,
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
    public async Task<ConnectSession> RequestAsync(PageRef page, string? reconnect = null, string accountId = "person-1")
    {
        var session = await SignInAsync(await BeginAsync(page.Provider, reconnect), accountId, complete: false, Offer(page.PageId));
        return (await ChooseAsync(session, page.PageId)).Session;
    }

    /// <summary>Connects a page that is listed again, through a session begun for it.</summary>
    public async Task<Connection> ConnectAgainAsync(PageRef page) =>
        (await GrantAsync(await RequestAsync(page, reconnect: page.PageId))).Connection;

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

    /// <summary>Reports an error of the page's provider; about the given grant, if there is one.</summary>
    public async Task<ReportProviderErrorResponse> ReportErrorAsync(
        PageRef page, int code, int? subcode = null, string? grantId = null, ProviderObject requested = default, string message = "")
    {
        var request = new ReportProviderErrorRequest
        {
            MerchantId = id,
            Page = page,
            Code = code,
            Message = message,
            Object = requested,
            ObservedAt = Now,
        };
        if (subcode is { } value)
        {
            request.Subcode = value;
        }

        if (grantId is not null)
        {
            request.GrantId = grantId;
        }

        return await client.Signals.ReportProviderErrorAsync(request);
    }

    /// <summary>Reports an error about the page's current grant, which is therefore as certain as the error is.</summary>
    public async Task<SignalOutcome> LoseAsync(PageRef page, int code, int subcode) =>
        (await ReportErrorAsync(page, code, subcode, await GrantIdAsync(page))).Outcomes.Single();

    public async Task<SignalOutcome> SucceedAsync(PageRef page, string? grantId = null, DateTimeOffset? observedAt = null)
    {
        var success = new ReportSuccessRequest.Types.Success
        {
            MerchantId = id,
            Page = page,
            ObservedAt = observedAt is { } at ? Timestamp.FromDateTimeOffset(at) : Now,
        };
        if (grantId is not null)
        {
            success.GrantId = grantId;
        }

        return (await client.Signals.ReportSuccessAsync(new() { Successes = { success } })).Outcomes.Single();
    }

    public async Task<string> GrantIdAsync(PageRef page) => (await FindAsync(page)).GrantId;

    public async Task<Connection> RenewAsync(PageRef page, DateTimeOffset? expiresAt = null) =>
        (await RenewAsync(page, expiresAt, grantId: null)).Connection;

    public async Task<RenewGrantResponse> RenewAsync(
        PageRef page, DateTimeOffset? expiresAt, string? grantId, DateTimeOffset? issuedAt = null)
    {
        var request = new RenewGrantRequest
        {
            MerchantId = id,
            Page = page,
            ExpiresAt = expiresAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
            IssuedAt = issuedAt is { } issued ? Timestamp.FromDateTimeOffset(issued) : null,
        };
        if (grantId is not null)
        {
            request.GrantId = grantId;
        }

        return await client.Signals.RenewGrantAsync(request);
    }

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
