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
        ["lost page granted again while listed"] = e => e.Command is Command.Grant
            && (HasTransition(e, State.Expired, State.Connected) || HasTransition(e, State.Revoked, State.Connected)),
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
