using ConnectionStateService.Core;
using Step = ConnectionStateService.V1.ConnectSession.Types.Step;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Who asked for what is in one merchant's history.</summary>
internal sealed class Asked
{
    private const string Timer = "connectionstate:timer";
    private const string Claim = "connectionstate:claim";

    private readonly Claims claims;
    private readonly Dictionary<string, Operation> operations;
    private readonly Dictionary<string, long> revisions = [];

    public Asked(MerchantHistory history, IEnumerable<Operation> operations, Claims claims)
    {
        this.claims = claims;
        (History, this.operations) = (history, operations.ToDictionary(o => o.RequestId));
        foreach (var entry in history.Entries.Where(e => OperationOf(e) is not null))
        {
            revisions.TryAdd(entry.RequestId, entry.Revision);
        }
    }

    public MerchantHistory History { get; }

    public IReadOnlyCollection<Operation> Operations => operations.Values;

    /// <summary>The operation whose request an entry tells; none: it is the service's own, or nobody's.</summary>
    public Operation? OperationOf(Entry entry) => operations.GetValueOrDefault(entry.RequestId);

    /// <summary>The first revision that tells the operation's request; none: it is not in the history.</summary>
    public long? RevisionOf(Operation operation) => revisions.TryGetValue(operation.RequestId, out var revision) ? revision : null;

    /// <summary>Whether the history tells the entry's request earlier already.</summary>
    public bool IsAgain(Entry entry) => revisions.TryGetValue(entry.RequestId, out var first) && entry.Revision > first;

    /// <summary>What may have been asked for that gave this entry; nothing: nobody asked.</summary>
    public IEnumerable<Command> Behind(Entry entry) => (entry.Actor, OperationOf(entry)) switch
    {
        (_, { } operation) => [CommandOf(operation, entry)],
        (Timer, _) when entry.RequestId.Length == 0 => [new Command.Tick(new Origin(Timer))],
        (Claim, _) when entry.RequestId.Length == 0 => claims.Behind(entry, History.MerchantId),
        _ => [],
    };

    private Command CommandOf(Operation operation, Entry entry)
    {
        var begun = entry.Changes.LastOrDefault(c => c.SessionMoved is { Step: Step.SignIn })?.SessionMoved.SessionId;
        var command = ApiCalls.ToCommand(operation.Request, begun ?? "none");

        // Without its id it is carried out again, so that what follows can be judged.
        return IsAgain(entry) ? command with { Origin = new Origin(command.Origin.Actor) } : command;
    }
}
