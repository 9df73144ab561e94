using System.Globalization;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Model;

/// <summary>All that can be seen of a merchant as lines of text, the same from the core's record and from the naive merchant.</summary>
internal static class Views
{
    public static IEnumerable<string> Of(MerchantRecord record, Rules rules)
    {
        var quota = Quota.Of(record, rules);
        return
        [
            Merchant(record.Revision, quota.Plan, quota.BoughtPages, quota.TrialEndsAt, quota.Used, quota.Limit),
            .. record.Connections.OrderBy(c => c.Order).Select(c => Page(
                c.Page, c.State.ToString(), c.Cause.ToString(), c.IsListed, c.Acknowledged, c.PageName, c.AccountId,
                [c.StateSince, c.GrantSince, c.ConnectedAt, c.ExpiresAt], c.ExpiresSoon, c.SessionId, Text(PageList.NextAfter(record, c)))),
            .. record.Sessions.Select(s => Session(
                s.Id, s.Step(rules).ToString(), s.Page, s.Deadline, s.Account?.Id, s.ReconnectPageId,
                s.Candidates.Select(c => $"{c.PageId} {Candidates.Judge(c, s, record, rules)}"))),
            $"requests {string.Join(' ', record.Requests.Select(r => r.Id))}",
            $"due {Time(TimeRules.NextDeadline(record, rules))}",
        ];
    }

    public static IEnumerable<string> Of(NaiveMerchant m) =>
    [
        Merchant(m.Revision, m.PlanInForce, m.Bought, m.TrialEnds, m.Used, m.Limit),
        .. m.Known.OrderBy(p => p.Position).Select(p => Page(
            p.Page, p.State, p.Cause, p.Listed, p.Understood, p.Name, p.Account, [p.Since, p.GrantBegan, p.Granted, p.Ends], p.Warned,
            p.Waiting, m.Next(p.Page))),
        .. m.Sessions.Select(s => Session(
            s.Id, s.Step, s.Chosen, s.Deadline, s.Account?.Id, s.Reconnect, s.Offers.Select(o => $"{o.PageId} {m.Judge(s, o)}"))),
        $"requests {string.Join(' ', m.RememberedRequests)}",
        $"due {Time(m.Due())}",
    ];

    public static string Of(Decision decision) => decision switch
    {
        Decision.Changed c => $"changed {c.Claim}",
        Decision.Unchanged { Reason: UnchangedReason.Stale } => "stale",
        Decision.Unchanged => "unchanged",
        Decision.Repeated => "repeated",
        Decision.Refused r => $"refused {r.Fault.GetType().Name}",
        _ => "unheard of",
    };

    public static string Of(string verdict, NaiveMerchant merchant) => verdict == "changed" ? $"changed {merchant.Claim}" : verdict;

    private static string Merchant(long revision, Plan plan, int bought, DateTimeOffset? trialEnds, int used, int limit) =>
        $"revision {revision} plan {plan}+{bought} until {Time(trialEnds)} used {used} of {limit}";

    private static string Page(
        PageRef page, string state, string cause, bool listed, bool understood, string name, string account, DateTimeOffset?[] times,
        bool warned, string? waiting, string next) =>
        $"{page} '{name}' of {account}: {state} {cause} listed {listed} understood {understood} " +
        $"times {string.Join(' ', times.Select(Time))} warned {warned} waiting {waiting} next {next}";

    private static string Session(
        string id, string step, PageRef? page, DateTimeOffset deadline, string? account, string? reconnect, IEnumerable<string> offers) =>
        $"session {id} {step} chose {page} until {Time(deadline)} account {account} for {reconnect} offers {string.Join(", ", offers)}";

    private static string Text(Navigation navigation) => navigation switch
    {
        Navigation.ToPage n => $"page {n.Page}",
        Navigation.ToConnect n => $"connect {n.Provider}",
        _ => "unheard of",
    };

    private static string Time(DateTimeOffset? time) => time?.ToString("MM-dd/HH:mm:ss", CultureInfo.InvariantCulture) ?? "never";
}
