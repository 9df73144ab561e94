using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.Connection.Types;
using static ConnectionStateService.V1.ConnectSession.Types;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>What a worker can ask of a merchant: what makes sense for what was seen, and now and then what does not.</summary>
internal sealed class Moves(Random random, string merchantId, IReadOnlyList<PageRef> pages, TimeProvider clock)
{
    private const int MostOpenSessions = 4;

    /// <summary>The next request, without a request id.</summary>
    public IMessage Next(Sight sight)
    {
        var page = pages[random.Next(pages.Count)];
        List<Func<IMessage>> moves = random.Next(10) == 0
            ? [.. Senseless(page, AnySession(sight))]
            : [.. OfSessions(page, sight), .. OfPage(page, sight.Find(page)), SetPlan];
        return moves[random.Next(moves.Count)]();
    }

    private IEnumerable<Func<IMessage>> OfSessions(PageRef page, Sight sight)
    {
        var connection = sight.Find(page);
        if (connection is { State: State.Connected })
        {
            return [];
        }

        var open = sight.Sessions.Where(s => s.Provider == page.Provider && s.Step < Step.Connected).ToList();
        var reconnect = connection is { State: State.Pending or State.Expired or State.Revoked };
        var begin = open.Count < MostOpenSessions ? Times(open.Count == 0 ? 8 : 1, () => Begin(page, reconnect)) : [];
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
        State.Pending => [() => Report(page), () => Disconnect(page)],
        State.Connected => [.. Times(4, () => Renew(page)), .. Times(3, () => Report(page)), .. Times(2, () => Disconnect(page))],
        State.Expired or State.Revoked =>
            [.. Times(2, () => Renew(page)), () => Acknowledge(page), () => Report(page), () => Disconnect(page)],
        State.Deleted or State.Disconnected => [.. Times(2, () => Acknowledge(page)), () => Disconnect(page)],
        _ => [],
    };

    private Func<IMessage>[] Senseless(PageRef page, string session) =>
    [
        () => Begin(page, reconnect: true), () => Submit(page.Provider, session), () => Choose(page, session), () => Grant(session),
        () => Refuse(session), () => Renew(page), () => Report(page), () => Acknowledge(page), () => Disconnect(page),
    ];

    private static IEnumerable<Func<IMessage>> Times(int count, Func<IMessage> move) => Enumerable.Repeat(move, count);

    private string AnySession(Sight sight) =>
        sight.Sessions is { Count: > 0 } known && random.Next(4) > 0 ? known[random.Next(known.Count)].SessionId : "nowhere";

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
        Account = new() { AccountId = $"person-{random.Next(2)}", Name = "A Person", Personal = random.Next(20) > 0 },
        Candidates =
        {
            pages.Where(p => p.Provider == provider && random.Next(10) > 0)
                .Select(p => Shop.Offer(p.PageId, random.Next(20) > 0 ? PageRole.Editor : PageRole.Moderator)),
        },
    };

    private ChoosePageRequest Choose(PageRef page, string session) =>
        new() { MerchantId = merchantId, SessionId = session, PageId = page.PageId };

    private GrantRequest Grant(string session) =>
        new() { MerchantId = merchantId, SessionId = session, MessagingConsent = random.Next(10) > 0, ExpiresAt = Ending() };

    private RefuseRequest Refuse(string session) => new() { MerchantId = merchantId, SessionId = session };

    private RenewGrantRequest Renew(PageRef page) => new() { MerchantId = merchantId, Page = page, ExpiresAt = Ending() };

    private ReportSignalRequest Report(PageRef page) => new()
    {
        MerchantId = merchantId,
        Page = page,
        Signal = (Signal)random.Next(1, 6),
        ObservedAt = random.Next(3) == 0 ? In(TimeSpan.FromSeconds(-1)) : Shop.Now,
        Evidence = new() { Code = random.Next(200) },
    };

    private AcknowledgeRequest Acknowledge(PageRef page) => new() { MerchantId = merchantId, Page = page };

    private DisconnectRequest Disconnect(PageRef page) => new() { MerchantId = merchantId, Page = page };

    private SetPlanRequest SetPlan() =>
        new() { MerchantId = merchantId, Plan = random.Next(8) > 0 ? Plan.Standard : Plan.Trial, BoughtPages = random.Next(3) };

    // Never, soon enough for the timer to find it, later, or past already.
    private Timestamp? Ending() => random.Next(10) switch
    {
        < 4 => null,
        < 7 => In(TimeSpan.FromSeconds(2)),
        < 9 => In(TimeSpan.FromDays(30)),
        _ => In(TimeSpan.FromHours(-1)),
    };

    private Timestamp In(TimeSpan time) => Timestamp.FromDateTimeOffset(clock.GetUtcNow() + time);
}
