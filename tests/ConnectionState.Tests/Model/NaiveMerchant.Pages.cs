using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Model;

/// <summary>What happens to pages that are known.</summary>
internal sealed partial class NaiveMerchant
{
    /// <summary>Where a screen goes from a page, listed or not.</summary>
    public string Next(PageRef from)
    {
        var working = Known.Where(p => p.State == "Connected" && p.Page != from).OrderBy(p => p.Position).ToList();
        var place = Find(from)!.Position;
        var round = working.Where(p => p.Position > place).Concat(working.Where(p => p.Position < place)).ToList();
        return round.Count == 0 ? $"connect {from.Provider}" : $"page {round[0].Page}";
    }

    /// <summary>The earliest moment at which something happens by itself.</summary>
    public DateTimeOffset? Due()
    {
        var moments = Sessions.Where(s => s.End == "").Select(s => (DateTimeOffset?)s.Deadline).ToList();
        foreach (var page in Known.Where(p => p.State == "Connected" && p.Ends != null))
        {
            moments.Add(page.Warned ? page.Ends : page.Ends - rules.WarningBefore);
        }

        return moments.Min();
    }

    private string Tick()
    {
        var due = false;
        foreach (var session in Sessions.Where(s => s.End == "" && s.Deadline <= Now))
        {
            TimeOut(session);
            due = true;
        }

        foreach (var page in Known.Where(p => p.State == "Connected" && p.Ends != null))
        {
            if (page.Ends <= Now)
            {
                Move(page, "Expire", "TokenExpired");
                due = true;
            }
            else if (!page.Warned && page.Ends - rules.WarningBefore <= Now)
            {
                page.Warned = true;
                due = true;
            }
        }

        return due ? "changed" : "unchanged";
    }

    private string Renew(PageRef page, DateTimeOffset? ends)
    {
        var known = Find(page);
        if (known == null)
        {
            return "refused ConnectionNotFound";
        }

        if (ends <= Now)
        {
            return "refused InvalidRequest";
        }

        if (NaiveTable.Go(known.State, "Renew") == "no")
        {
            return "refused IllegalTransition";
        }

        Move(known, "Renew", "None");
        (known.Ends, known.GrantBegan) = (ends ?? UsualEnd(page.Provider), Now);
        known.Warned = EndsSoon(known);
        return "changed";
    }

    private string Report(PageRef page, Signal signal, DateTimeOffset? observed)
    {
        var known = Find(page);
        if (known == null)
        {
            return "refused ConnectionNotFound";
        }

        if (observed < known.GrantBegan)
        {
            return "stale";
        }

        var trigger = signal switch
        {
            Signal.TokenExpired => "Expire",
            Signal.PageDeleted => "Delete",
            Signal.SignedInElsewhere => "Displace",
            _ => "Revoke",
        };
        return Lose(known, trigger, signal.ToString());
    }

    private string ReleasePage(Claim claim)
    {
        var known = Find(claim.Page);
        if (known?.Granted == null || claim.MerchantId == id)
        {
            return "unchanged";
        }

        var theirsIsLater = claim.GrantedAt > known.Granted
            || (claim.GrantedAt == known.Granted && string.CompareOrdinal(claim.MerchantId, id) > 0);
        return theirsIsLater ? Lose(known, "Displace", "SignedInElsewhere") : "stale";
    }

    private string Lose(NaivePage known, string trigger, string cause)
    {
        switch (NaiveTable.Go(known.State, trigger))
        {
            case "no": return "refused IllegalTransition";
            case "stays": return "unchanged";
            default: break;
        }

        EndWaiting(known, "Lost");
        Move(known, trigger, cause);
        return "changed";
    }

    private string Acknowledge(PageRef page)
    {
        var known = Find(page);
        if (known is not { Lost: true, Understood: false })
        {
            return known == null ? "refused ConnectionNotFound" : "unchanged";
        }

        Understand(known);
        return "changed";
    }

    private string Disconnect(PageRef page)
    {
        var known = Find(page);
        if (known == null)
        {
            return "refused ConnectionNotFound";
        }

        if (known.State == "Disconnected" && known.Listed)
        {
            Understand(known);
            return "changed";
        }

        if (NaiveTable.Go(known.State, "Disconnect") == "stays")
        {
            return "unchanged";
        }

        EndWaiting(known, "Refused");
        Move(known, "Disconnect", "MerchantDisconnected");
        return "changed";
    }

    private void Understand(NaivePage page)
    {
        page.Understood = true;
        page.LeftAt = page.Listed ? page.LeftAt : Revision;
    }

    private void EndWaiting(NaivePage page, string end)
    {
        if (Sessions.Find(s => s.Id == page.Waiting) is { } session)
        {
            End(session, end);
        }
    }

    private void Move(NaivePage page, string trigger, string cause)
    {
        var to = NaiveTable.Go(page.State, trigger);
        page.Since = to == page.State ? page.Since : Now;
        (page.State, page.Cause, page.Understood, page.Warned, page.Waiting) = (to, cause, false, false, null);
        page.Ends = to is "Connected" or "Expired" ? page.Ends : null;
        page.LeftAt = page.Listed ? page.LeftAt : Revision;
    }

    private DateTimeOffset? UsualEnd(Provider provider) =>
        Now + (provider == Provider.Zalo ? rules.ZaloTokenLifetime : rules.FacebookTokenLifetime);
}
