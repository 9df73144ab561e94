using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Model;

/// <summary>
/// All the rules a second time, written from the design and in the plainest way: lists that are searched, nothing kept that can be
/// counted. Slow, and wrong in other ways than the core if it is wrong.
/// </summary>
internal sealed partial class NaiveMerchant(Rules rules, string id)
{
    private readonly List<(string Id, uint Hash)> requests = [];

    private long nextPlace = 1;

    public Rules Rules => rules;

    public long Revision { get; private set; }

    public Plan? Plan { get; private set; }

    public int Bought { get; private set; }

    public DateTimeOffset? TrialEnds { get; private set; }

    public List<NaivePage> Known { get; } = [];

    public List<NaiveSession> Sessions { get; } = [];

    public IEnumerable<string> RememberedRequests => requests.Select(r => r.Id);

    /// <summary>The page that others must give up, if the last command was such a grant.</summary>
    public Claim? Claim { get; private set; }

    public DateTimeOffset Now { get; private set; }

    public Plan PlanInForce => Plan ?? rules.DefaultPlan;

    public int Limit => PlanInForce == ConnectionStateService.Core.Plan.Trial ? rules.TrialPages : rules.StandardPages + Bought;

    public int Used => Known.Count(p => p.TakesSlot);

    /// <summary>What becomes of a command, in words: changed, unchanged, stale, repeated, or refused and why.</summary>
    public string Do(Command command, DateTimeOffset now)
    {
        (Now, Claim) = (now, null);
        var origin = command.Origin;
        if (origin.RequestId != "" && requests.Any(r => r.Id == origin.RequestId))
        {
            return requests.Contains((origin.RequestId, origin.PayloadHash)) ? "repeated" : "refused RequestIdReused";
        }

        var verdict = Carry(command);
        if (verdict == "changed")
        {
            Revision++;
            Remember(origin);
            Forget();
        }

        return verdict;
    }

    private string Carry(Command command) => command switch
    {
        Command.BeginConnect c => Begin(c.SessionId, c.Provider, c.ReconnectPageId),
        Command.SubmitAccount c => SignIn(c.SessionId, c.Account, c.Candidates),
        Command.ChoosePage c => Choose(c.SessionId, c.PageId),
        Command.Grant c => Grant(c.SessionId, c.MessagingConsent, c.ExpiresAt),
        Command.Refuse c => Refuse(c.SessionId),
        Command.Renew c => Renew(c.Page, c.ExpiresAt),
        Command.Report c => Report(c.Page, c.Signal, c.ObservedAt),
        Command.ReleasePage c => ReleasePage(c.Claim),
        Command.Acknowledge c => Acknowledge(c.Page),
        Command.Disconnect c => Disconnect(c.Page),
        Command.SetPlan c => SetPlan(c.Plan, c.BoughtPages),
        Command.Tick => Tick(),
        _ => "unheard of",
    };

    private NaivePage? Find(PageRef page) => Known.SingleOrDefault(p => p.Page == page);

    private string SetPlan(Plan plan, int bought)
    {
        if (Plan == plan && Bought == bought)
        {
            return "unchanged";
        }

        TrialEnds = plan != ConnectionStateService.Core.Plan.Trial ? null : Plan == plan ? TrialEnds : Now + rules.TrialLength;
        (Plan, Bought) = (plan, bought);
        return "changed";
    }

    private void Remember(Origin origin)
    {
        if (origin.RequestId != "")
        {
            requests.Add((origin.RequestId, origin.PayloadHash));
        }
    }

    private void Forget()
    {
        while (requests.Count > rules.KeptRequests)
        {
            requests.RemoveAt(0);
        }

        while (Sessions.Count > rules.KeptSessions)
        {
            Sessions.Remove(Sessions.Find(s => s.End != "")!);
        }

        var left = Known.Where(p => !p.Listed).OrderBy(p => p.LeftAt).ThenByDescending(p => p.Position).ToList();
        foreach (var oldest in left.Take(left.Count - rules.KeptTombstones))
        {
            Known.Remove(oldest);
        }
    }
}
