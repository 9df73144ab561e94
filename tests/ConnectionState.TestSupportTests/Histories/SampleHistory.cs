using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Plan = ConnectionStateService.V1.Plan;
using Signal = ConnectionStateService.V1.Signal;

namespace ConnectionStateService.TestSupportTests.Histories;

/// <summary>
/// A short recorded history of one merchant through two replicas: revision 1 sets the plan, 2 to 5 connect a page, 6 and 7 renew it. In
/// between the list is read twice, one request is refused and one signal is late.
/// </summary>
internal sealed record SampleHistory(Recording Recording, MerchantHistory History)
{
    public const string Merchant = "m1";

    /// <summary>Runs the checker.</summary>
    public IReadOnlyList<string> Check() => HistoryChecker.Check(Recording, [History], new Rules());

    public Operation this[string requestId] => Recording.Operations.Single(o => o.RequestId == requestId);

    /// <summary>The read that returned a revision.</summary>
    public Read ReadOf(long revision) => Recording.Reads.Single(r => r.List.Revision == revision);

    /// <summary>A copy in which the operation replaces the one with its request id, or is added.</summary>
    public SampleHistory With(Operation operation) => this with
    {
        Recording = Recording with
        {
            Operations = [.. Recording.Operations.Where(o => o.RequestId != operation.RequestId), operation],
        },
    };

    /// <summary>A copy in which a read returned another list.</summary>
    public SampleHistory WithList(Read read, V1.PageList list) => this with
    {
        Recording = Recording with { Reads = [.. Recording.Reads.Where(r => r != read), read with { List = list }] },
    };

    /// <summary>A copy in which the history ends differently.</summary>
    public SampleHistory Ending(long kept, V1.PageList finalList, params IEnumerable<V1.Change> changes) => this with
    {
        History = new(Merchant, [.. History.Entries.Take((int)kept), .. MerchantHistory.Commits(changes)], finalList),
    };

    /// <summary>Makes the calls.</summary>
    public static async Task<SampleHistory> RecordAsync(Service service)
    {
        var recorder = new CallRecorder();
        Replica[] replicas = [new("a", service.Client), new("b", service.Client)];
        var sent = 0;

        async Task<IMessage?> SendAsync(IMessage request)
        {
            service.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await recorder.SendAsync(request, replicas[sent++ % 2]))?.Outcome is Outcome.Answered answered ? answered.Reply : null;
        }

        await SendAsync(new SetPlanRequest { MerchantId = Merchant, Plan = Plan.Standard, BoughtPages = 1, RequestId = "plan" });
        var begun = await SendAsync(
            new BeginConnectRequest { MerchantId = Merchant, Provider = V1.Provider.Facebook, RequestId = "begin" });
        var session = ApiCalls.SessionIn(begun!)!.SessionId;
        await SendAsync(Submit(session));
        await SendAsync(new ChoosePageRequest { MerchantId = Merchant, SessionId = session, PageId = ApiMerchant.A.PageId, RequestId = "choose" });
        await recorder.ReadAsync(Merchant, replicas[1]);
        await SendAsync(new GrantRequest { MerchantId = Merchant, SessionId = session, RequestId = "grant" });
        await recorder.ReadAsync(Merchant, replicas[0]);
        await SendAsync(new DisconnectRequest { MerchantId = Merchant, Page = ApiMerchant.B, RequestId = "refused" });
        await SendAsync(LateSignal());
        await SendAsync(Renew("renewal-1", days: 30));
        await SendAsync(Renew("renewal-2", days: 60));
        return new(recorder.Recording, await MerchantHistory.ReadAsync(service.Client, Merchant));
    }

    private static SubmitAccountRequest Submit(string session) => new()
    {
        MerchantId = Merchant,
        SessionId = session,
        Account = new() { AccountId = "person", Name = "A Person", Personal = true },
        Candidates = { ApiMerchant.Offer(ApiMerchant.A.PageId) },
        RequestId = "submit",
    };

    private static ReportSignalRequest LateSignal() => new()
    {
        MerchantId = Merchant,
        Page = ApiMerchant.A,
        Signal = Signal.PageDeleted,
        ObservedAt = new Timestamp { Seconds = 1_000_000_000 },
        RequestId = "late",
    };

    /// <summary>A request to renew the page.</summary>
    public static RenewGrantRequest Renew(string requestId, int days) => new()
    {
        MerchantId = Merchant,
        Page = ApiMerchant.A,
        ExpiresAt = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).AddDays(days)),
        RequestId = requestId,
    };
}
