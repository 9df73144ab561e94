using System.Diagnostics;

namespace ConnectionStateService.Core.Decisions;

/// <summary>All rules as one pure function.</summary>
public static class Decider
{
    /// <summary>Applies <paramref name="command"/> to <paramref name="record"/>.</summary>
    /// <param name="record">The merchant's current record.</param>
    /// <param name="command">The command.</param>
    /// <param name="now">The current time (see <see cref="DecisionClock"/>).</param>
    /// <param name="rules">The configured rules.</param>
    /// <exception cref="ArgumentException">A part of the record that the command needs is not loaded.</exception>
    public static Decision Decide(MerchantRecord record, Command command, DateTimeOffset now, Rules rules)
    {
        if (!record.Parts.HasFlag(command.Needs))
        {
            throw new ArgumentException($"The command needs {command.Needs} of the merchant; loaded are {record.Parts}.", nameof(record));
        }

        if (FindRequest(record, command.Origin) is { } remembered)
        {
            return remembered.PayloadHash == command.Origin.PayloadHash
                ? new Decision.Repeated(record, remembered)
                : new Decision.Refused(new Fault.RequestIdReused(remembered.Id));
        }

        var decision = new DecisionBuilder(record, now, rules);
        return Apply(decision, command) is { } fault ? new Decision.Refused(fault) : decision.Build(command);
    }

    private static RememberedRequest? FindRequest(MerchantRecord record, Origin origin) =>
        origin.RequestId.Length > 0 ? record.Requests.Find(origin.RequestId) : null;

    private static Fault? Apply(DecisionBuilder decision, Command command) => command switch
    {
        Command.BeginConnect c => ConnectRules.Begin(decision, c),
        Command.SubmitAccount c => ConnectRules.SubmitAccount(decision, c),
        Command.ChoosePage c => ConnectRules.ChoosePage(decision, c),
        Command.Grant c => ConsentRules.Grant(decision, c),
        Command.Reconnect c => ConsentRules.Reconnect(decision, c),
        Command.Refuse c => ConsentRules.Refuse(decision, c),
        Command.Renew c => SignalRules.Renew(decision, c),
        Command.Report c => SignalRules.Report(decision, c),
        Command.ReportAccount c => SignalRules.ReportAccount(decision, c),
        Command.ReportSuccess c => SuspicionRules.ReportSuccess(decision, c),
        Command.ReleasePage c => SignalRules.ReleasePage(decision, c),
        Command.Acknowledge c => PageRules.Acknowledge(decision, c),
        Command.Disconnect c => PageRules.Disconnect(decision, c),
        Command.SetPlan c => PlanRules.SetPlan(decision, c),
        Command.Erase => ErasureRules.Erase(decision),
        Command.Import c => ImportRules.Import(decision, c),
        Command.Tick => DeadlineRules.Tick(decision),
        _ => throw new UnreachableException(),
    };
}
