using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.TestSupportTests;

/// <summary>The generated commands reach the situations that the properties are about; otherwise the properties would test nothing.</summary>
public sealed class CommandGeneratorTests
{
    private const int Cases = 300;

    private static readonly Dictionary<string, Func<ExecutedCommand, bool>> Situations = new()
    {
        ["two pages connected"] = e => e.Merchant.ConnectedPages.Count == 2,
        ["three pages connected"] = e => e.Merchant.ConnectedPages.Count == 3,
        ["page refused because no slot is free"] = e =>
            e is { Command: Command.ChoosePage, Decision: Decision.Refused { Fault: Fault.PageQuotaExceeded } },
        ["more slots in use than the limit"] = e => e.Merchant.Quota.OverLimit,
        ["expired page renewed"] = e => HasTransition(e, State.Expired, State.Connected),
        ["lost page reconnected while listed"] = e => e.Command is Command.Grant
            && (HasTransition(e, State.Expired, State.Connected) || HasTransition(e, State.Revoked, State.Connected)),
        ["deleted or displaced page reconnected while listed"] = e =>
            e.Command is Command.Grant && (HasTransition(e, State.Deleted, State.Connected) || HasTransition(e, State.Disconnected, State.Connected)),
        ["connected page granted again"] = e => e.Command is Command.Grant && HasTransition(e, State.Connected, State.Connected),
        ["granted again to another account"] = e => e.Command is Command.Grant
            && e.Merchant.Record.Connections.Any(c => e.Before.Find(c.Page) is { State: State.Connected } before && before.AccountId != c.AccountId),
        ["slot reserved by a session"] = e => e.Merchant.Record.Connections.Any(c => Quota.HasReservedSlot(e.Merchant.Record, c)),
        ["two sessions wait for a page"] = e => e.Merchant.Record.Connections.Any(c => e.Merchant.Record.SessionsWaitingFor(c.Page).Count() > 1),
        ["joined session granted"] = e => e is { Command: Command.Grant grant, Decision: Decision.Changed }
            && e.Before.FindSession(grant.SessionId)?.Ended is SessionEnd.Joined,
        ["page acknowledged while a session waits for it"] = e => e.Command is Command.Acknowledge && e.Decision is Decision.Changed changed
            && changed.Changes.OfType<Change.Transition>().Any(),
        ["page deleted while a session waits for it"] = e => e.Command is Command.Report && e.Decision is Decision.Changed changed
            && changed.Changes.OfType<Change.SessionMoved>().Any(c => c.Step is SessionStep.Lost),
        ["page suspect"] = e => e.Merchant.Record.Connections.Any(c => c.Health is Health.Suspect),
        ["suspicion ended by a success"] = e => e is { Command: Command.ReportSuccess, Decision: Decision.Changed changed }
            && changed.Changes.OfType<Change.HealthChanged>().Any(c => c.Health is Health.Ok),
        ["page lost by soft signals"] = e => e is { Command: Command.Report { Strength: SignalStrength.Soft }, Decision: Decision.Changed changed }
            && changed.Changes.OfType<Change.Transition>().Any(),
        ["page missing from a complete account"] = e => e is { Command: Command.SubmitAccount, Decision: Decision.Changed changed }
            && changed.Changes.OfType<Change.HealthChanged>().Any(),
        ["false alarm"] = e => e is { Command: Command.ReportSuccess, Decision: Decision.Changed changed }
            && changed.Changes.OfType<Change.Transition>().Any(c => c.Trigger is Trigger.Restore),
        ["stale report"] = e => e is { Command: Command.Report, Decision: Decision.Unchanged { Reason: UnchangedReason.Stale } },
        ["stale renewal"] = e => e is { Command: Command.Renew, Decision: Decision.Unchanged { Reason: UnchangedReason.Stale } },
        ["reconnected without a session"] = e => e is { Command: Command.Reconnect, Decision: Decision.Changed },
        ["disconnected page requested again"] = e => HasTransition(e, State.Disconnected, State.Pending),
        ["consent refused"] = e => e.Command is Command.Refuse && HasTransition(e, State.Pending, State.Refused),
        ["pending page timed out"] = e => e.Command is Command.Tick && HasTransition(e, State.Pending, State.Refused),
        ["token expired"] = e => e.Command is Command.Tick && HasTransition(e, State.Connected, State.Expired),
        ["page granted to another merchant"] = e =>
            e.Command is Command.ReleasePage && HasTransition(e, State.Connected, State.Disconnected),
        ["acknowledged page lost again"] = e => e.Before.Connections.Any(
            c => c is { Acknowledged: true, HoldsSlot: true } && e.Merchant.Record.Find(c.Page)?.State is State.Deleted or State.Disconnected),
        ["loss acknowledged"] = e => e is { Command: Command.Acknowledge, Decision: Decision.Changed },
    };

    public static TheoryData<string> Names => [.. Situations.Keys];

    // A fixed seed: the result is the same in every run.
    private static readonly Lazy<Dictionary<string, int>> CasesPerSituation = new(() =>
    {
        var random = new Random(20_260_301);
        var reached = Situations.Keys.ToDictionary(name => name, _ => 0);
        for (var i = 0; i < Cases; i++)
        {
            foreach (var name in Reached(NewSeeds(random)))
            {
                reached[name]++;
            }
        }

        return reached;
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Generated_commands_reach_the_situation_in_at_least_three_of_a_hundred_cases(string situation) =>
        Assert.InRange(CasesPerSituation.Value[situation], Cases * 3 / 100, Cases);

    private static CommandSeed[] NewSeeds(Random random) =>
        [.. Enumerable.Range(0, random.Next(CommandGenerator.MaxCommands)).Select(_ => new CommandSeed((byte)random.Next(256), (byte)random.Next(256)))];

    private static HashSet<string> Reached(CommandSeed[] seeds)
    {
        var reached = new HashSet<string>();
        CommandGenerator.Run(seeds, e => reached.UnionWith(Situations.Where(s => s.Value(e)).Select(s => s.Key)));
        return reached;
    }

    private static bool HasTransition(ExecutedCommand executed, State from, State to) =>
        executed.Decision is Decision.Changed changed
        && changed.Changes.OfType<Change.Transition>().Any(c => c.From == from && c.To == to);
}
