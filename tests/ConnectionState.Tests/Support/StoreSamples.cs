using System.Collections.Immutable;
using System.Diagnostics;
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
        return WithRequest(new CommitRequest(read, (record ?? read.Record) with { Revision = revision }, commit, deadline, claim));
    }

    // If the requests of the record are other ones, its newest is the request that makes the commit.
    private static CommitRequest WithRequest(CommitRequest request)
    {
        var (before, record) = (request.Expected.Record, request.Record);
        if (!record.Parts.HasFlag(MerchantParts.Requests)
            || record.Requests.LastOrDefault() is not { } newest
            || (before.Parts.HasFlag(MerchantParts.Requests) && ReferenceEquals(before.Requests, record.Requests)))
        {
            return request;
        }

        newest = newest with { Revision = record.Revision };
        return request with
        {
            Record = record with { Requests = [.. record.Requests.SkipLast(1), newest] },
            Commit = request.Commit with { RequestId = newest.Id, PayloadHash = newest.PayloadHash, BegunSessionId = newest.SessionId },
        };
    }

    /// <summary>A trace context with ids that depend on a number.</summary>
    public static TraceContext Trace(byte n) => new(
        ActivityTraceId.CreateFromBytes([.. Enumerable.Range(n, 16).Select(i => (byte)i)]), ActivitySpanId.CreateFromBytes([.. Enumerable.Repeat(n, 8)]));

    public static Connection Connected(PageRef page) => new()
    {
        Page = page,
        PageName = "A page",
        State = State.Connected,
        AccountId = "person-1",
        StateSince = Time,
        GrantId = 0xA11CE,
        GrantSince = Time,
        IssuedAt = Time,
        ConnectedAt = Time,
        HoldId = 0xA11CE,
        Revision = 1,
        Order = 1,
    };

    /// <summary>A record in which no property has its default value.</summary>
    public static MerchantRecord FullRecord(string merchantId) => new()
    {
        MerchantId = merchantId,
        ChangedAt = At(20),
        Plan = Plan.Trial,
        BoughtPages = 2,
        TrialEndsAt = At(1),
        NextOrder = 9,
        IsErased = true,
        Connections = [FullConnection(), Connected(Page)],
        Sessions = [FullSession()],
        Requests = [new RememberedRequest("request-1", uint.MaxValue, 1, "session-1")],
    };

    /// <summary>Every kind of change, with all optional values set at least once.</summary>
    public static ImmutableArray<Change> EveryChange() =>
    [
        new Change.Transition(
            Page, Trigger.Revoke, State.Connected, State.Revoked, Cause.RoleLost, new Evidence(EvidenceSource.ProviderError, Signal.RoleLost, 190, -7, At(2), "a webhook"), At(3), 0xFEDC_BA98_7654_3210),
        new Change.Transition(
            Page, Trigger.Request, State.None, State.Pending, Cause.None, new Evidence(EvidenceSource.Success, null, null, null, At(4), ""), null, 0),
        new Change.HealthChanged(Page, Health.Suspect, new Evidence(EvidenceSource.NotGranted, Signal.PermissionRevoked, 1, 2, At(4), "x"), 5),
        new Change.Acknowledged(Page),
        new Change.ExpiryWarning(Page, At(5)),
        new Change.PlanChanged(Plan.Trial, 2, 1),
        new Change.Erased(),
        new Change.Imported("an export"),
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
        GrantId = 0xFEDC_BA98_7654_3210,
        IssuedAt = At(12),
        HoldId = 3,
        PreviousHoldId = ulong.MaxValue,
        VerifiedAt = At(13),
        Suspicion = new Suspicion(
            At(14),
            [new SoftSignals(Signal.TokenExpired, 2, At(15), At(16)), new SoftSignals(Signal.RoleLost, 1, At(17), At(18))],
            new Evidence(EvidenceSource.ProviderError, Signal.RoleLost, -216, null, At(18), "a sender")),
        LossEvidence = new Evidence(EvidenceSource.Signal, Signal.PageDeleted, null, 3, At(19), "a webhook"),
    };

    private static ConnectSession FullSession() => new()
    {
        Id = "session-1",
        Provider = Provider.Zalo,
        ReconnectPageId = "oa-1",
        Account = new Account("person-1", "A Person", IsPersonal: true),
        SignedInAt = At(10),
        Candidates = [new Candidate("oa-1", "An OA", PageRole.Admin, ["MANAGE", "MESSAGING"], CandidateProblem.Deleted)],
        PageId = "oa-1",
        Deadline = At(11),
        Ended = SessionEnd.TimedOut,
    };
}
