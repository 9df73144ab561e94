using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Support;

/// <summary>Records and commits for store tests. They need not be possible by the rules.</summary>
internal static class StoreSamples
{
    public static readonly DateTimeOffset Time = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    public static readonly PageRef Page = new(Provider.Facebook, "page-1");

    private static long commits;

    /// <summary>Creates a commit on a merchant that was read.</summary>
    public static CommitRequest After(
        StoredMerchant read, MerchantRecord? record = null, DateTimeOffset? deadline = null, Claim? claim = null)
    {
        var revision = read.Record.Revision + 1;
        // Spread over all 64 bits: half of the ids overflow a signed number, nearly all exceed the precision of a double.
        var id = (ulong)Interlocked.Increment(ref commits) * 0x9E37_79B9_7F4A_7C15;
        var commit = new Commit(revision, id, read.CommitId, Time, "test", "", [new Change.PlanChanged(Plan.Standard, 0, 3)]);
        return new CommitRequest(read, (record ?? read.Record) with { Revision = revision }, commit, deadline, claim);
    }

    public static Connection Connected(PageRef page) => new()
    {
        Page = page,
        PageName = "A page",
        State = State.Connected,
        AccountId = "person-1",
        StateSince = Time,
        GrantSince = Time,
        ConnectedAt = Time,
        Revision = 1,
        Order = 1,
    };

    /// <summary>A record in which no property has its default value.</summary>
    public static MerchantRecord FullRecord(string merchantId) => new()
    {
        MerchantId = merchantId,
        Plan = Plan.Trial,
        BoughtPages = 2,
        TrialEndsAt = At(1),
        NextOrder = 9,
        Connections = [FullConnection(), Connected(Page)],
        Sessions = [FullSession()],
        Requests = [new RememberedRequest("request-1", uint.MaxValue, 3, "session-1"), new RememberedRequest("request-2", 1, 4, null)],
    };

    /// <summary>Every kind of change, with all optional values set at least once.</summary>
    public static ImmutableArray<Change> EveryChange() =>
    [
        new Change.Transition(
            Page, Trigger.Revoke, State.Connected, State.Revoked, Cause.RoleLost, new Evidence(190, -7, At(2), "a webhook"), At(3)),
        new Change.Transition(Page, Trigger.Request, State.None, State.Pending, Cause.None, new Evidence(null, null, At(4), ""), null),
        new Change.Acknowledged(Page),
        new Change.ExpiryWarning(Page, At(5)),
        new Change.PlanChanged(Plan.Trial, 2, 1),
        new Change.SessionMoved("session-1", Provider.Zalo, SessionStep.Consent, Page),
        new Change.SessionMoved("session-2", Provider.Facebook, SessionStep.SignIn, null),
    ];

    // With a fraction of a millisecond, because records store times exactly.
    private static DateTimeOffset At(int days) => Time.AddDays(days).AddTicks(12_345);

    private static Connection FullConnection() => new()
    {
        Page = new PageRef(Provider.Zalo, "oa-1"),
        PageName = "Cửa hàng 🙂",
        State = State.Disconnected,
        Cause = Cause.SignedInElsewhere,
        AccountId = "person-2",
        StateSince = At(6),
        GrantSince = At(7),
        ConnectedAt = At(8),
        ExpiresAt = At(9),
        ExpiresSoon = true,
        Acknowledged = true,
        Revision = 5,
        Order = 8,
        SessionId = "session-3",
    };

    private static ConnectSession FullSession() => new()
    {
        Id = "session-1",
        Provider = Provider.Zalo,
        ReconnectPageId = "oa-1",
        Account = new Account("person-1", "A Person", IsPersonal: true),
        SignedInAt = At(10),
        Candidates = [new Candidate("oa-1", "An OA", PageRole.Admin, ["MANAGE", "MESSAGING"])],
        PageId = "oa-1",
        Deadline = At(11),
        Ended = SessionEnd.TimedOut,
    };
}
