using ConnectionStateService.Core;
using Step = ConnectionStateService.V1.ConnectSession.Types.Step;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Maps the commits of one merchant's history to the requests that caused them.</summary>
internal sealed class RequestIndex
{
    private const string Timer = "connectionstate:timer";
    private const string Claim = "connectionstate:claim";

    private readonly ClaimIndex claims;
    private readonly Dictionary<string, Operation> operations;
    private readonly Dictionary<string, long> revisions = [];

    public RequestIndex(MerchantHistory history, IEnumerable<Operation> operations, ClaimIndex claims)
    {
        this.claims = claims;
        (History, this.operations) = (history, operations.ToDictionary(o => o.RequestId));
        foreach (var entry in history.Entries.Where(e => OperationOf(e) is not null))
        {
            revisions.TryAdd(IdOf(entry), entry.Revision);
        }
    }

    public MerchantHistory History { get; }

    public IReadOnlyCollection<Operation> Operations => operations.Values;

    /// <summary>The operation with the request id of the entry, or null if the service made the commit by itself.</summary>
    public Operation? OperationOf(Entry entry) => operations.GetValueOrDefault(IdOf(entry));

    /// <summary>The first revision with the request id of the operation, or null if the history has none.</summary>
    public long? RevisionOf(Operation operation) => revisions.TryGetValue(operation.RequestId, out var revision) ? revision : null;

    /// <summary>Whether an earlier entry has the same request id.</summary>
    public bool IsDuplicate(Entry entry) => revisions.TryGetValue(IdOf(entry), out var first) && entry.Revision > first;

    /// <summary>The commands that can have caused this entry. Empty if nobody requested it.</summary>
    public IEnumerable<Command> PossibleCommands(Entry entry) => (entry.Actor, OperationOf(entry)) switch
    {
        (_, { } operation) => [CommandOf(operation, entry)],
        (Timer, _) when entry.RequestId.Length == 0 => [new Command.Tick(new Origin(Timer))],
        (Claim, _) when entry.RequestId.Length == 0 => claims.PossibleCommands(entry, History.MerchantId),
        _ => [],
    };

    private static string IdOf(Entry entry) => entry.RequestId.Length > 0 ? entry.RequestId : entry.Actor;

    private Command CommandOf(Operation operation, Entry entry)
    {
        var begun = entry.Changes.LastOrDefault(c => c.SessionMoved is { Step: Step.SignIn })?.SessionMoved.SessionId;
        var command = WithGrantId(ApiCalls.ToCommand(operation.Request, begun ?? "none"), entry);

        // Without its request id a duplicate is applied again, so that the entries after it can be checked.
        return IsDuplicate(entry) ? command with { Origin = new Origin(command.Origin.Actor) } : command;
    }

    // The server chose the id of the new grant.
    private static Command WithGrantId(Command command, Entry entry)
    {
        var granted = entry.Changes.LastOrDefault(c => c.Transition is { Trigger: V1.Trigger.Grant or V1.Trigger.Renew })?.Transition.GrantId;
        var grantId = granted is null ? 0 : Convert.ToUInt64(granted, 16);
        return command switch
        {
            Command.Grant c => c with { NewGrantId = grantId },
            Command.Reconnect c => c with { NewGrantId = grantId },
            Command.Renew c => c with { NewGrantId = grantId },
            _ => command,
        };
    }
}
