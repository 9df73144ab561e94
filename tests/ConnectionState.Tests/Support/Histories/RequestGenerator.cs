using System.Collections.Concurrent;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.Connection.Types;
using static ConnectionStateService.V1.ConnectSession.Types;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// Generates requests for a merchant: usually valid in the observed state, sometimes not. It prefers the types that were sent least, so that
/// a short run covers all of them; <c>sent</c> counts the requests of the run by type.
/// </summary>
internal sealed class RequestGenerator(
    Random random, string merchantId, IReadOnlyList<PageRef> pages, TimeProvider clock, ConcurrentDictionary<string, int> sent)
{
    private const int MostOpenSessions = 4;
    private const int Candidates = 3;

    /// <summary>The next request, without a request id.</summary>
    public IMessage Next(ObservedMerchant merchant)
    {
        var page = pages[random.Next(pages.Count)];
        List<Func<IMessage>> requests = random.Next(10) == 0
            ? [.. Invalid(page, AnySession(merchant))]
            : [.. OfSessions(page, merchant), .. OfPage(page, merchant.Find(page)), SetPlan];
        var drawn = Enumerable.Range(0, Candidates).Select(_ => requests[random.Next(requests.Count)]()).ToList();
        var next = drawn.MinBy(request => sent.GetValueOrDefault(request.Descriptor.Name))!;
        sent.AddOrUpdate(next.Descriptor.Name, 1, (_, count) => count + 1);
        return next;
    }

    private IEnumerable<Func<IMessage>> OfSessions(PageRef page, ObservedMerchant merchant)
    {
        var connection = merchant.Find(page);
        var open = merchant.Sessions.Where(s => s.Provider == page.Provider && s.Step < Step.Connected).ToList();

        // A page that works is re-authorised less often. Sometimes without naming it, so that choosing it is refused.
        var reconnect = connection is not null && random.Next(5) > 0;
        var count = open.Count == 0 && connection is not { State: State.Connected } ? 8 : 2;
        var begin = open.Count < MostOpenSessions ? Times(count, () => Begin(page, reconnect)) : [];
        return [.. begin, .. open.SelectMany(s => OfSession(page, s))];
    }

    private IEnumerable<Func<IMessage>> OfSession(PageRef page, ConnectSession session) => session.Step switch
    {
        Step.SignIn => Times(8, () => Submit(page.Provider, session.SessionId)),
        Step.Permission => [() => Submit(page.Provider, session.SessionId), () => Choose(page, session.SessionId)],
        Step.ChoosePage => [.. Times(8, () => Choose(page, session.SessionId)), () => Submit(page.Provider, session.SessionId)],
        Step.Consent when page.Equals(session.Page) =>
            [.. Times(10, () => Grant(session.SessionId)), () => Choose(page, session.SessionId), () => Refuse(session.SessionId)],
        _ => [],
    };

    private IEnumerable<Func<IMessage>> OfPage(PageRef page, Connection? connection) => connection?.State switch
    {
        State.Pending => [() => Report(page, connection), () => Disconnect(page)],
        State.Connected =>
        [
            .. Times(4, () => Renew(page, connection)), .. Times(2, () => Report(page, connection)), () => Report(connection.AccountId, page.Provider),
            .. Times(4, () => ProviderError(page, connection)), .. Times(2, () => Success(page, connection)),
            .. Times(2, () => Disconnect(page)), () => Reconnect(page),
        ],
        State.Expired or State.Revoked =>
        [
            .. Times(2, () => Renew(page, connection)), .. Times(3, () => Success(page, connection)), .. Times(2, () => Reconnect(page)),
            () => Acknowledge(page), () => Report(page, connection), () => ProviderError(page, connection), () => Disconnect(page),
        ],
        State.Deleted or State.Disconnected =>
        [
            .. Times(2, () => Acknowledge(page)), .. Times(2, () => Success(page, connection)), () => Reconnect(page),
            () => Renew(page, connection), () => Disconnect(page),
        ],
        _ => [],
    };

    private Func<IMessage>[] Invalid(PageRef page, string session) =>
    [
        () => Begin(page, reconnect: true), () => Submit(page.Provider, session), () => Choose(page, session), () => Grant(session),
        () => Refuse(session), () => Renew(page, null), () => Report(page, null), () => Report("nobody", page.Provider), () => ProviderError(page, null), () => Success(page, null),
        () => Reconnect(page), () => Acknowledge(page), () => Disconnect(page),
    ];

    private static IEnumerable<Func<IMessage>> Times(int count, Func<IMessage> request) => Enumerable.Repeat(request, count);

    private string AnySession(ObservedMerchant merchant) =>
        merchant.Sessions is { Count: > 0 } known && random.Next(4) > 0 ? known[random.Next(known.Count)].SessionId : "unknown";

    private BeginConnectRequest Begin(PageRef page, bool reconnect)
    {
        var request = new BeginConnectRequest { MerchantId = merchantId, Provider = page.Provider };
        if (reconnect)
        {
            request.ReconnectPageId = page.PageId;
        }

        return request;
    }

    private SubmitAccountRequest Submit(Provider provider, string session) => new()
    {
        MerchantId = merchantId,
        SessionId = session,
        Account = new() { AccountId = $"person-{random.Next(2)}", Name = "A Person", Personal = random.Next(10) > 0 },
        Candidates =
        {
            pages.Where(p => p.Provider == provider && random.Next(10) > 0)
                .Select(p => ApiMerchant.Offer(p.PageId, Role())),
        },
        Complete = random.Next(4) == 0,
    };

    private ChoosePageRequest Choose(PageRef page, string session) =>
        new() { MerchantId = merchantId, SessionId = session, PageId = page.PageId };

    private GrantRequest Grant(string session) =>
        new() { MerchantId = merchantId, SessionId = session, MessagingConsent = random.Next(10) > 0, ExpiresAt = Expiry() };

    private RefuseRequest Refuse(string session) => new() { MerchantId = merchantId, SessionId = session };

    private ReconnectRequest Reconnect(PageRef page) => new()
    {
        MerchantId = merchantId,
        Provider = page.Provider,
        Page = ApiMerchant.Offer(page.PageId, Role()),
        Account = new() { AccountId = $"person-{random.Next(2)}", Name = "A Person", Personal = random.Next(10) > 0 },
        MessagingConsent = random.Next(10) > 0,
        ExpiresAt = Expiry(),
    };

    private RenewGrantRequest Renew(PageRef page, Connection? connection)
    {
        var request = new RenewGrantRequest { MerchantId = merchantId, Page = page, ExpiresAt = Expiry() };
        request.IssuedAt = random.Next(3) switch
        {
            0 => null,
            1 => In(TimeSpan.FromSeconds(-random.Next(10))),
            _ => In(TimeSpan.Zero),
        };
        SetGrant(connection, id => request.GrantId = id);
        return request;
    }

    private ReportSignalRequest Report(PageRef page, Connection? connection)
    {
        var request = new ReportSignalRequest
        {
            MerchantId = merchantId,
            Page = page,
            Signal = (Signal)random.Next(1, 6),
            ObservedAt = ObservedAt(),
            Evidence = new() { Code = random.Next(200) },
        };
        SetGrant(connection, id => request.GrantId = id);
        return request;
    }

    // About all pages of an account.
    private ReportSignalRequest Report(string accountId, Provider provider) => new()
    {
        MerchantId = merchantId,
        Account = new() { Provider = provider, AccountId = accountId },
        Signal = Signal.PermissionRevoked,
        ObservedAt = ObservedAt(),
    };

    // Mostly soft ones, so that some become a loss by being repeated.
    private ReportProviderErrorRequest ProviderError(PageRef page, Connection? connection)
    {
        var request = new ReportProviderErrorRequest { MerchantId = merchantId, Page = page, ObservedAt = ObservedAt() };
        var isHard = random.Next(4) == 0;
        if (page.Provider is Provider.Zalo)
        {
            request.Code = isHard ? -219 : -223;
        }
        else
        {
            request.Code = 190;
            if (isHard)
            {
                request.Subcode = 458;
            }
        }

        SetGrant(connection, id => request.GrantId = id);
        return request;
    }

    private ReportSuccessRequest Success(PageRef page, Connection? connection)
    {
        var success = new ReportSuccessRequest.Types.Success { MerchantId = merchantId, Page = page, ObservedAt = ObservedAt() };
        SetGrant(connection, id => success.GrantId = id);
        return new() { Successes = { success } };
    }

    // The grant that was seen last, which may be out of date; a wrong one; or none.
    private void SetGrant(Connection? connection, Action<string> set)
    {
        switch (random.Next(8))
        {
            case 0:
                set($"{random.NextInt64(1, long.MaxValue):x16}");
                break;
            case < 6 when connection is { GrantId.Length: > 0 }:
                set(connection.GrantId);
                break;
        }
    }

    private PageRole Role() => random.Next(10) > 0 ? PageRole.Editor : PageRole.Moderator;

    private Timestamp ObservedAt() => random.Next(3) == 0 ? In(TimeSpan.FromSeconds(-1)) : ApiMerchant.Now;

    private AcknowledgeRequest Acknowledge(PageRef page) => new() { MerchantId = merchantId, Page = page };

    private DisconnectRequest Disconnect(PageRef page) => new() { MerchantId = merchantId, Page = page };

    private SetPlanRequest SetPlan() =>
        new() { MerchantId = merchantId, Plan = random.Next(8) > 0 ? Plan.Standard : Plan.Trial, BoughtPages = random.Next(3) };

    // Never, within the run, later, or in the past.
    private Timestamp? Expiry() => random.Next(10) switch
    {
        < 4 => null,
        < 7 => In(TimeSpan.FromSeconds(2)),
        < 9 => In(TimeSpan.FromDays(30)),
        _ => In(TimeSpan.FromHours(-1)),
    };

    private Timestamp In(TimeSpan time) => Timestamp.FromDateTimeOffset(clock.GetUtcNow() + time);
}
