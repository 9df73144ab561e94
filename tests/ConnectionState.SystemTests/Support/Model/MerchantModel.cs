using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ConnectSession.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>
/// What the protos promise about one merchant, without the code of the service: an independent opinion to compare its answers with. Every
/// method carries out a request as the contract says, and returns the error that it expects, or null.
/// </summary>
/// <remarks>Time plays no part: the bounds of <see cref="Arguments"/> exclude it, and callers report what they observe now.</remarks>
internal sealed partial class MerchantModel(string merchantId)
{
    private const int SessionsKept = 4;
    private const int TombstonesKept = 2;
    private const int RequestsKept = 3;
    private const int SoftToLose = 3;
    private const int StandardPages = 2;
    private const int TrialPages = 1;

    private readonly List<ModelPage> pages = [];
    private readonly List<ModelSession> sessions = [];
    private readonly List<(string Id, string Meaning, ModelSession? Begun)> requests = [];
    private readonly HashSet<string> applied = [];
    private readonly HashSet<string> grantIds = [];
    private long nextOrder = 1;
    private bool hasChanged;
    private Plan plan = Plan.Unspecified;
    private int bought;

    /// <summary>The options of the servers.</summary>
    public static IReadOnlyList<string> Arguments { get; } =
    [
        $"--Rules:Retention:Sessions={SessionsKept}", $"--Rules:Retention:Tombstones={TombstonesKept}",
        $"--Rules:Retention:Requests={RequestsKept}", $"--Rules:StandardPages={StandardPages}", $"--Rules:TrialPages={TrialPages}",
        $"--Rules:SoftSignalsToLose={SoftToLose}", "--Rules:SoftSignalPeriod=00:00:00", "--Rules:NewGrantGrace=00:00:00",
        "--Rules:SessionLength=1.00:00:00",
    ];

    public string MerchantId => merchantId;

    public long Revision { get; private set; }

    public IReadOnlyList<ModelPage> Pages => pages;

    public IReadOnlyList<ModelSession> Sessions => sessions;

    /// <summary>The transitions so far.</summary>
    public List<(Trigger Trigger, PageRef Page, State From, State To, Cause Cause)> Transitions { get; } = [];

    public Learned<Timestamp> TrialEndsAt { get; } = new();

    private long NextRevision => Revision + 1;

    private bool IsTrial => plan is Plan.Trial;

    private int Limit => IsTrial ? TrialPages : StandardPages + bought;

    private int Used => pages.Count(p => p.HoldsSlot || HasReservedSlot(p));

    public ModelPage? Find(PageRef page) => pages.Find(p => p.Page.Equals(page));

    public ModelSession? FindSession(string id) => sessions.Find(s => s.Id == id);

    /// <summary>
    /// Carries out a request unless it is a repeat. <paramref name="meaning"/> is what identifies it: everything but its actor.
    /// </summary>
    public (Refusal? Refusal, bool IsRepeat, ModelSession? Begun) Run(string requestId, string meaning, Func<Refusal?> request)
    {
        var known = requests.FindIndex(r => r.Id == requestId);
        if (known >= 0)
        {
            var isSame = requests[known].Meaning == meaning;
            return (isSame ? null : new Refusal(ErrorReason.RequestIdReused, ("request_id", requestId)), true, requests[known].Begun);
        }

        hasChanged = false;
        var before = sessions.ToList();
        var refusal = request();
        var begun = sessions.Except(before).SingleOrDefault();
        if (hasChanged)
        {
            Commit();
            if (requestId.Length > 0)
            {
                applied.Add(requestId);
                requests.Add((requestId, meaning, begun));
                requests.RemoveRange(0, Math.Max(0, requests.Count - RequestsKept));
            }
        }

        return (refusal, false, begun);
    }

    /// <summary>Whether a request was applied so long ago that a repeat of it would be applied again.</summary>
    public bool HasForgotten(string requestId) => applied.Contains(requestId) && !requests.Exists(r => r.Id == requestId);

    /// <summary>Another merchant was granted a page.</summary>
    public void GrantedToOther(PageRef page)
    {
        hasChanged = false;
        if (Find(page) is { State: State.Connected or State.Expired or State.Revoked } held)
        {
            Move(held, Trigger.Displace, State.Disconnected, Cause.SignedInElsewhere, null);
            Commit();
        }
        else if (Find(page) is { } other)
        {
            other.IsHeldByOther = true;
        }
    }

    public PageList ToPageList() => new()
    {
        MerchantId = merchantId,
        Revision = Revision,
        Connections = { pages.Where(p => p.IsListed).Select(p => p.ToProto()) },
        Sessions = { sessions.Where(s => s.IsOpen).Select(s => s.ToProto()) },
        Quota = ToQuota(),
    };

    public Quota ToQuota() => new()
    {
        Plan = IsTrial ? Plan.Trial : Plan.Standard,
        Limit = Limit,
        Used = Used,
        Bought = bought,
        OverLimit = Used > Limit,
        TrialEndsAt = IsTrial ? TrialEndsAt.Value : null,
    };

    public ConnectSession ToSession(ModelSession session)
    {
        var proto = session.ToProto();
        foreach (var candidate in session.Candidates)
        {
            var current = Find(new PageRef { Provider = session.Provider, PageId = candidate.PageId });
            proto.Candidates.Add(new Candidate
            {
                PageId = candidate.PageId,
                Name = candidate.Name,
                Role = candidate.Role,
                Tasks = { candidate.Tasks },
                Eligibility = session.EligibilityOf(candidate, current),
                Current = current?.ToProto(),
            });
        }

        return proto;
    }

    /// <summary>The first connected page after <paramref name="from"/> in list order, cyclically; else the connect screen.</summary>
    public Navigation NextAfter(ModelPage from)
    {
        var others = pages.Where(p => p.IsConnected && p != from).ToList();
        var next = others.Find(p => p.Order > from.Order) ?? others.FirstOrDefault();
        return next is null ? new() { Connect = new() { Provider = from.Page.Provider } } : new() { Page = next.Page };
    }

    /// <summary>Takes over what the model cannot know from an answer.</summary>
    public void Learn(PageList list)
    {
        TrialEndsAt.Learn(list.Quota.TrialEndsAt);
        foreach (var connection in list.Connections)
        {
            Learn(connection);
        }

        foreach (var session in list.Sessions)
        {
            FindSession(session.SessionId)?.Deadline.Learn(session.Deadline);
        }
    }

    /// <summary>Takes over what the model cannot know from an answer. The id of a new grant must be new.</summary>
    public void Learn(Connection connection)
    {
        if (Find(connection.Page) is { } page)
        {
            var before = page.GrantId.Value;
            page.Learn(connection);
            if (page.GrantId.Value is { } grantId && before is null)
            {
                Assert.True(grantIds.Add(grantId), $"The grant id {grantId} of {connection.Page} is not new.");
            }
        }
    }

    private bool HasReservedSlot(ModelPage page) => !page.HoldsSlot && page.IsListed && sessions.Exists(s => s.IsWaitingFor(page.Page));

    // Null if the page has a slot or can get one.
    private Refusal? CheckSlot(ModelPage? page)
    {
        if ((page is not null && (page.HoldsSlot || HasReservedSlot(page))) || Used < Limit)
        {
            return null;
        }

        var holding = sessions.Where(s => s.IsOpen && s.Page is { } chosen && Find(chosen) is { } p && (p.State is State.Pending || HasReservedSlot(p)));
        return new(
            ErrorReason.PageQuotaExceeded, ("used", $"{Used}"), ("limit", $"{Limit}"), ("sessions", string.Join(",", holding.Select(s => s.Id))));
    }

    private void Touch(ModelPage page)
    {
        page.Revision = NextRevision;
        hasChanged = true;
    }

    // The newest of those that have ended.
    private void End(ModelSession session, Step step)
    {
        session.EndAt(step);
        sessions.Remove(session);
        sessions.Add(session);
        hasChanged = true;
    }

    // A transition, and what follows from every transition.
    private void Move(ModelPage page, Trigger trigger, State to, Cause cause, Evidence? evidence)
    {
        Transitions.Add((trigger, page.Page, page.State, to, cause));
        if (to != page.State)
        {
            page.StateSince = new();
        }

        (page.State, page.Cause, page.Acknowledged) = (to, cause, false);
        page.Soft.Clear();
        page.Evidence = to is State.Connected ? null : evidence;
        page.ObservedAt = new();
        Touch(page);
    }

    private void Commit()
    {
        Revision++;
        foreach (var dropped in sessions.Where(s => !s.IsOpen).SkipLast(SessionsKept).ToList())
        {
            sessions.Remove(dropped);
        }

        foreach (var dropped in pages.Where(p => !p.IsListed).OrderByDescending(p => p.Revision).Skip(TombstonesKept).ToList())
        {
            pages.Remove(dropped);
        }
    }
}
