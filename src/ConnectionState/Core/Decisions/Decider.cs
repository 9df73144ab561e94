using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>All the rules as one pure function.</summary>
public static class Decider
{
    /// <summary>Decides what <paramref name="command"/> makes of <paramref name="record"/>.</summary>
    /// <param name="record">The merchant as it is.</param>
    /// <param name="command">What is asked.</param>
    /// <param name="now">The time by the store's clock.</param>
    /// <param name="rules">The numbers in the rules.</param>
    public static Decision Decide(MerchantRecord record, Command command, DateTimeOffset now, Rules rules)
    {
        if (Recall(record, command.Origin) is { } remembered)
        {
            return remembered.PayloadHash == command.Origin.PayloadHash
                ? new Decision.Repeated(record, remembered)
                : new Decision.Refused(new Fault.RequestIdReused(remembered.Id));
        }

        var draft = new Draft(record, now, rules);
        return Apply(draft, command) is { } fault ? new Decision.Refused(fault) : draft.Finish(command.Origin);
    }

    private static RememberedRequest? Recall(MerchantRecord record, Origin origin) =>
        origin.RequestId.Length == 0 ? null : record.Requests.FirstOrDefault(r => r.Id == origin.RequestId);

    private static Fault? Apply(Draft draft, Command command) => command switch
    {
        Command.BeginConnect c => ConnectRules.Begin(draft, c),
        Command.SubmitAccount c => ConnectRules.SubmitAccount(draft, c),
        Command.ChoosePage c => ConnectRules.ChoosePage(draft, c),
        Command.Grant c => ConsentRules.Grant(draft, c),
        Command.Refuse c => ConsentRules.Refuse(draft, c),
        Command.Renew c => SignalRules.Renew(draft, c),
        Command.Report c => SignalRules.Report(draft, c),
        Command.ReleasePage c => SignalRules.ReleasePage(draft, c),
        Command.Acknowledge c => PageRules.Acknowledge(draft, c),
        Command.Disconnect c => PageRules.Disconnect(draft, c),
        Command.SetPlan c => PlanRules.SetPlan(draft, c),
        Command.Tick => TimeRules.Tick(draft),
        _ => throw new UnreachableException(),
    };
}
