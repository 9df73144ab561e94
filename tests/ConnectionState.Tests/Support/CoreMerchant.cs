using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;

namespace ConnectionStateService.Tests.Support;

/// <summary>One merchant and a manual clock: executes commands on the core, without a store.</summary>
public sealed class CoreMerchant(Rules? rules = null, string merchantId = "m1")
{
    /// <summary>The time at which every merchant starts.</summary>
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private int sessions;

    public Rules Rules { get; } = rules ?? new Rules();

    public MerchantRecord Record { get; private set; } = MerchantRecord.Unknown(merchantId);

    public DateTimeOffset Now { get; private set; } = Start;

    /// <summary>The commits so far, oldest first.</summary>
    public List<Commit> History { get; } = [];

    /// <summary>The claims of the commits so far, oldest first.</summary>
    public List<Claim> Claims { get; } = [];

    public Quota Quota => Quota.Of(Record, Rules);

    public IReadOnlyList<PageRef> Listed => [.. PageList.Listed(Record).Select(c => c.Page)];

    public IReadOnlyList<PageRef> ConnectedPages =>
        [.. PageList.Listed(Record).Where(c => c.State is State.Connected).Select(c => c.Page)];

    public DateTimeOffset? NextDeadline => DeadlineRules.NextDeadline(Record, Rules);

    public Connection this[PageRef page] => Record.Find(page) ?? throw new KeyNotFoundException($"no connection to {page}");

    public static Origin NewOrigin(string requestId = "", uint payloadHash = 0) => new("tester", requestId, payloadHash);

    public ConnectSession Session(string id) => Record.FindSession(id) ?? throw new KeyNotFoundException($"no session {id}");

    public SessionStep StepOf(string sessionId) => Session(sessionId).Step;

    public Navigation NextAfter(PageRef page) => PageList.NextAfter(Record, this[page]);

    public string NewSessionId() => $"s{++sessions}";

    /// <summary>Advances the clock.</summary>
    public CoreMerchant After(TimeSpan time) => At(Now + time);

    /// <summary>Sets the clock.</summary>
    public CoreMerchant At(DateTimeOffset time)
    {
        Now = time;
        return this;
    }

    /// <summary>Decides a command without storing the result.</summary>
    public Decision Decide(Command command) => Decide(command, Record);

    /// <summary>Decides a command on a record, without storing the result.</summary>
    public Decision Decide(Command command, MerchantRecord record) => Decider.Decide(record, command, Now, Rules);

    /// <summary>Decides a command and stores the result.</summary>
    public Decision Execute(Command command)
    {
        var decision = Decide(command);
        if (decision is Decision.Changed changed)
        {
            Store(changed, command.Origin);
        }

        return decision;
    }

    /// <summary>Executes a command and asserts that it changes something.</summary>
    public Decision.Changed ExpectChanged(Command command) => Assert.IsType<Decision.Changed>(Execute(command));

    /// <summary>Executes a command, asserts that it is refused, and returns the fault.</summary>
    public T ExpectRefused<T>(Command command) where T : Fault =>
        Assert.IsType<T>(Assert.IsType<Decision.Refused>(Execute(command)).Fault);

    /// <summary>Executes a command, asserts that it changes nothing, and returns the reason.</summary>
    public UnchangedReason ExpectUnchanged(Command command) => Assert.IsType<Decision.Unchanged>(Execute(command)).Reason;

    // Commit ids are derived from the revision, so that the same commands produce the same bytes.
    private void Store(Decision.Changed changed, Origin origin)
    {
        var revision = changed.Record.Revision;
        var previous = History.Count == 0 ? 0 : History[^1].Id;
        History.Add(new Commit(revision, 1_000 + (ulong)revision, previous, Now, origin.Actor, origin.RequestId, changed.Changes)
        {
            PayloadHash = origin.PayloadHash,
            BegunSessionId = changed.BegunSessionId,
        });
        if (changed.Claim is { } claim)
        {
            Claims.Add(claim);
        }

        Record = changed.Record;
    }
}
