using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Random bytes that determine one part of a record or a commit, built from edge cases, whether or not the rules could produce it. There
/// are few different texts, so that the same text appears in many places and references to sessions often match.
/// </summary>
public readonly record struct RecordSeed(byte Kind, byte A, byte B, byte C, byte D)
{
    private const string Id = "0123456789abcdef0123456789abcdef";

    private static readonly string[] Texts =
    [
        Id,
        new('0', 32),
        new('f', 32),
        "fedcba98765432100123456789abcdef",
        Id[1..],
        Id + "0",
        Id + Id,
        Id[..16],
        Id.ToUpperInvariant(),
        Id[..31] + "F",
        Id[..31] + "g",
        Id[..31] + " ",
        Id[..31] + "\uff10",
        "",
        "0",
        "a person",
        "Cửa hàng 🙂",
    ];

    private static readonly DateTimeOffset[] Times =
    [
        StoreSamples.Time,
        StoreSamples.Time.AddTicks(1),
        StoreSamples.Time.AddTicks(-1),
        StoreSamples.Time.AddMinutes(15),
        DateTimeOffset.UnixEpoch.AddTicks(-1),
        DateTimeOffset.MinValue,
        DateTimeOffset.MaxValue,
    ];

    private static readonly long[] Numbers = [0, 1, 127, 128, -1, long.MinValue, long.MaxValue];

    public static MerchantRecord Record(RecordSeed[] draws) => draws.Aggregate(
        MerchantRecord.Unknown("m1"),
        (record, draw) => (draw.Kind % 4) switch
        {
            0 => record with { Connections = record.Connections.Add(draw.Connection()) },
            1 => record with { Sessions = record.Sessions.Add(draw.Session()) },
            2 => record with { Requests = record.Requests.Add(draw.Request() with { Revision = record.RequestSpan.To + 1 }) },
            _ => record with
            {
                Revision = Number(draw.A),
                ChangedAt = TimeOrNull(draw.B),
                Plan = draw.B % 2 == 0 ? null : Plan.Standard,
                BoughtPages = draw.B,
                IsErased = draw.C % 4 == 0,
                TrialEndsAt = TimeOrNull(draw.C),
                NextOrder = Number(draw.D),
            },
        });

    public static Commit Commit(RecordSeed[] draws)
    {
        var first = draws.FirstOrDefault();
        return new(
            Number(first.A), (ulong)Number(first.B), (ulong)Number(first.C), Time(first.D), Text(first.A), Text(first.B),
            [.. draws.Select(draw => draw.Change())])
        {
            Trace = first.C % 2 == 0 ? null : StoreSamples.Trace(first.C),
            PayloadHash = Text(first.B).Length > 0 ? first.D : 0u,
            BegunSessionId = TextOrNull(first.C),
        };
    }

    private static string Text(int n) => Texts[n % Texts.Length];

    private static string? TextOrNull(int n) => n % 3 == 0 ? null : Text(n / 3);

    private static DateTimeOffset Time(int n) => Times[n % Times.Length];

    private static DateTimeOffset? TimeOrNull(int n) => n % 3 == 0 ? null : Time(n / 3);

    private static long Number(int n) => Numbers[n % Numbers.Length];

    private static Provider ProviderOf(int n) => n % 2 == 0 ? Provider.Facebook : Provider.Zalo;

    private Connection Connection() => new()
    {
        Page = new PageRef(ProviderOf(A), Text(B)),
        PageName = Text(C),
        State = (State)(A % 8),
        Cause = (Cause)(B % 9),
        AccountId = Text(D),
        StateSince = Time(A),
        GrantSince = Time(B),
        ConnectedAt = TimeOrNull(C),
        ExpiresAt = TimeOrNull(D),
        ExpiresSoon = A > 127,
        Acknowledged = B > 127,
        Revision = Number(C),
        Order = Number(D),
        GrantId = (ulong)Number(A),
        IssuedAt = Time(C),
        FollowsGrant = C > 127,
        HoldId = (ulong)Number(B),
        PreviousHoldId = (ulong)Number(D),
        VerifiedAt = TimeOrNull(B),
        LossEvidence = Evidence(),
        Suspicion = A % 4 == 0 && Evidence() is { } evidence
            ? new Suspicion(Time(D), [new SoftSignals((Signal)(1 + (B % 5)), C, Time(A), Time(B))], evidence)
            : null,
    };

    private ConnectSession Session() => WithSize(new()
    {
        Id = Text(A),
        Provider = ProviderOf(B),
        ReconnectPageId = TextOrNull(C),
        Account = D % 3 == 0 ? null : new Account(Text(D), Text(A), B > 127),
        SignedInAt = TimeOrNull(A),
        Candidates = C % 3 == 0 ? [] : [Candidate(), Candidate() with { PageId = Text(C), Tasks = [] }],
        PageId = TextOrNull(B),
        Deadline = Time(C),
        GrantId = (ulong)Number(C),
        Ended = D % 6 == 0 ? null : (SessionEnd)(D % 6),
    });

    private static ConnectSession WithSize(ConnectSession session) => session with { CandidatesSize = RecordSize.OfCandidates(session.Candidates) };

    private Candidate Candidate() => new(Text(B), Text(C), (PageRole)(D % 6), [Text(A), Text(D)], (CandidateProblem)(A % 3));

    public RememberedRequest Request() => new(Text(A), unchecked((uint)Number(B)), Number(C), TextOrNull(D));

    private Change Change() => (Kind % 7) switch
    {
        0 => new Change.Transition(
            new PageRef(ProviderOf(A), Text(B)), (Trigger)(1 + (C % 10)), (State)(D % 8), (State)(A % 8), (Cause)(B % 9), Evidence(),
            TimeOrNull(C), (ulong)Number(D)),
        1 => new Change.Acknowledged(new PageRef(ProviderOf(A), Text(B))),
        2 => new Change.ExpiryWarning(new PageRef(ProviderOf(A), Text(B)), Time(C)),
        4 => new Change.HealthChanged(
            new PageRef(ProviderOf(A), Text(B)), (Health)(1 + (C % 2)), Evidence() ?? new Evidence(EvidenceSource.Success, null, null, null, Time(A), ""),
            (ulong)Number(D)),
        3 => new Change.PlanChanged(Plan.Trial, A, -B),
        5 => new Change.Erased(),
        _ => new Change.SessionMoved(
            Text(A), ProviderOf(B), (SessionStep)(1 + (C % 8)), D % 2 == 0 ? null : new PageRef(ProviderOf(B), Text(D))),
    };

    private Evidence? Evidence() =>
        D % 3 == 0 ? null : new Evidence(
            (EvidenceSource)(1 + (A % 4)),
            B % 6 == 0 ? null : (Signal)(B % 6),
            A % 2 == 0 ? null : A - 128,
            B % 2 == 0 ? null : B - 128,
            Time(C),
            Text(D));
}
