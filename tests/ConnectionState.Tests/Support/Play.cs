using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>One merchant and a clock that moves only when told: carries out commands as the service would, without a store.</summary>
public sealed class Play(Rules? rules = null, string merchantId = "m1")
{
    /// <summary>When every play begins.</summary>
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private int sessions;

    public Rules Rules { get; } = rules ?? new Rules();

    public MerchantRecord Record { get; private set; } = MerchantRecord.Unknown(merchantId);

    public DateTimeOffset Now { get; private set; } = Start;

    /// <summary>The commits so far, oldest first.</summary>
    public List<Commit> History { get; } = [];

    /// <summary>The claims that the commits so far made, oldest first.</summary>
    public List<Claim> Claims { get; } = [];

    public Quota Quota => Quota.Of(Record, Rules);

    public IReadOnlyList<PageRef> Listed => [.. PageList.Listed(Record).Select(c => c.Page)];

    public IReadOnlyList<PageRef> ConnectedPages =>
        [.. PageList.Listed(Record).Where(c => c.State is State.Connected).Select(c => c.Page)];

    public DateTimeOffset? NextDeadline => TimeRules.NextDeadline(Record, Rules);

    public Connection this[PageRef page] => Record.Find(page) ?? throw new KeyNotFoundException($"no connection to {page}");

    public static Origin By(string requestId = "", uint payloadHash = 0) => new("tester", requestId, payloadHash);

    public ConnectSession Session(string id) => Record.FindSession(id) ?? throw new KeyNotFoundException($"no session {id}");

    public SessionStep StepOf(string sessionId) => Session(sessionId).Step(Rules);

    public Navigation NextAfter(PageRef page) => PageList.NextAfter(Record, this[page]);

    public string NewSessionId() => $"s{++sessions}";

    public Play After(TimeSpan time) => At(Now + time);

    public Play At(DateTimeOffset time)
    {
        Now = time;
        return this;
    }

    /// <summary>Decides without keeping what comes of it.</summary>
    public Decision Consider(Command command) => Decider.Decide(Record, command, Now, Rules);

    /// <summary>Decides, and keeps what comes of it.</summary>
    public Decision Do(Command command)
    {
        var decision = Consider(command);
        if (decision is Decision.Changed changed)
        {
            Keep(changed, command.Origin);
        }

        return decision;
    }

    /// <summary>Carries out a command that changes something.</summary>
    public Decision.Changed Must(Command command) => Assert.IsType<Decision.Changed>(Do(command));

    /// <summary>Tries a command that is refused, and gives the reason.</summary>
    public T Refused<T>(Command command) where T : Fault =>
        Assert.IsType<T>(Assert.IsType<Decision.Refused>(Do(command)).Fault);

    /// <summary>Tries a command that has nothing to do, and gives the reason.</summary>
    public UnchangedReason Unchanged(Command command) => Assert.IsType<Decision.Unchanged>(Do(command)).Reason;

    // Commit ids follow from the revision, so that the same moves give the same bytes.
    private void Keep(Decision.Changed changed, Origin origin)
    {
        var revision = changed.Record.Revision;
        var previous = History.Count == 0 ? 0 : History[^1].Id;
        History.Add(new Commit(revision, 1_000 + (ulong)revision, previous, Now, origin.Actor, origin.RequestId, changed.Changes));
        if (changed.Claim is { } claim)
        {
            Claims.Add(claim);
        }

        Record = changed.Record;
    }
}
