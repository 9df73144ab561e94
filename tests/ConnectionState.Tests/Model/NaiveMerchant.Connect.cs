using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Model;

/// <summary>Connect sessions.</summary>
internal sealed partial class NaiveMerchant
{
    public string Judge(NaiveSession session, Candidate candidate)
    {
        var known = Find(new PageRef(session.Provider, candidate.PageId));
        return !NaiveRoles.Suffice(candidate) ? "RoleTooLow"
            : known?.State == "Connected" ? "AlreadyConnected"
            : known?.State == "Deleted" && known.Since >= session.SignedIn ? "Deleted"
            : "Eligible";
    }

    private string Begin(string sessionId, Provider provider, string? reconnect)
    {
        var known = reconnect == null ? null : Find(new PageRef(provider, reconnect));
        if (reconnect != null && known == null)
        {
            return "refused ConnectionNotFound";
        }

        if (known?.State == "Connected")
        {
            return "refused PageAlreadyConnected";
        }

        if (known?.TakesSlot != true && Used >= Limit)
        {
            return "refused PageQuotaExceeded";
        }

        var open = Sessions.Where(s => s.End == "").ToList();
        if (open.Count == rules.KeptSessions)
        {
            TimeOut(open[0]);
        }

        Sessions.Add(new() { Id = sessionId, Provider = provider, Reconnect = reconnect, Deadline = Now + rules.SessionLength });
        return "changed";
    }

    private string SignIn(string sessionId, Account account, ImmutableArray<Candidate> offers)
    {
        var session = Sessions.Find(s => s.Id == sessionId);
        if (session == null)
        {
            return "refused SessionNotFound";
        }

        if (session.Step is not ("SignIn" or "Permission" or "ChoosePage"))
        {
            return "refused StepNotAllowed";
        }

        if (!account.IsPersonal)
        {
            return "refused AccountNotPersonal";
        }

        (session.Account, session.Offers, session.SignedIn) = (account, [.. offers], Now);
        return "changed";
    }

    private string Choose(string sessionId, string pageId)
    {
        var session = Sessions.Find(s => s.Id == sessionId);
        if (session == null)
        {
            return "refused SessionNotFound";
        }

        var page = new PageRef(session.Provider, pageId);
        if (session.Step == "Consent" && session.Chosen == page)
        {
            return "unchanged";
        }

        if (session.Step is not ("ChoosePage" or "Permission"))
        {
            return "refused StepNotAllowed";
        }

        return session.Offers.Find(o => o.PageId == pageId) is { } offer ? Choose(session, offer, page) : "refused PageNotOffered";
    }

    private string Choose(NaiveSession session, Candidate offer, PageRef page)
    {
        switch (Judge(session, offer))
        {
            case "RoleTooLow": return "refused PageRoleTooLow";
            case "AlreadyConnected": return "refused PageAlreadyConnected";
            case "Deleted":
                End(session, "Lost");
                session.Chosen = page;
                return "changed";
            default: break;
        }

        if (Find(page)?.TakesSlot != true && Used >= Limit)
        {
            return "refused PageQuotaExceeded";
        }

        foreach (var other in Sessions.Where(s => s.Step == "Consent" && s.Chosen == page))
        {
            other.Chosen = null;
        }

        session.Chosen = page;
        Request(session, page, offer.Name);
        return "changed";
    }

    private void Request(NaiveSession session, PageRef page, string name)
    {
        var known = Find(page);
        if (known == null)
        {
            known = new NaivePage { Page = page };
            Known.Add(known);
        }

        if (!known.Listed)
        {
            known.Position = nextPlace++;
        }

        if (known.State != "Pending")
        {
            Move(known, "Request", "None");
        }

        (known.Name, known.Account, known.Waiting) = (name, session.Account!.Id, session.Id);
        (known.GrantBegan, known.Granted, known.Ends, known.Warned) = (Now, null, null, false);
    }
}
