using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace ConnectionStateService.Tests.Core;

/// <summary>A property that never gets anywhere holds for nothing: how often the small world's random moves reach what matters.</summary>
public class ReachTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, (double LeastShare, Func<Taken, bool> Is)> Sights = new()
    {
        ["two pages connected"] = (0.4, t => t.Play.ConnectedPages.Count == 2),
        ["three pages connected"] = (0.08, t => t.Play.ConnectedPages.Count == 3),
        ["choosing a page met the limit"] = (0.4, t => t.Command is Command.ChoosePage && IsRefused<Fault.PageQuotaExceeded>(t)),
        ["more used than there is"] = (0.15, t => t.Play.Quota.OverLimit),
        ["expired and renewed"] = (0.08, t => Moved(t, State.Expired, State.Connected)),
        ["reconnected while listed"] = (0.1, t => Moved(t, State.Expired, State.Pending) || Moved(t, State.Revoked, State.Pending)),
        ["left the list and came back"] = (0.2, t => Moved(t, State.Disconnected, State.Pending)),
        ["refused"] = (0.05, t => t.Command is Command.Refuse && Moved(t, State.Pending, State.Refused)),
        ["timed out while pending"] = (0.1, t => t.Command is Command.Tick && Moved(t, State.Pending, State.Refused)),
        ["expired on time"] = (0.05, t => t.Command is Command.Tick && Moved(t, State.Connected, State.Expired)),
        ["taken by another merchant"] = (0.1, t => t.Command is Command.ReleasePage && Moved(t, State.Connected, State.Disconnected)),
        ["understood and lost again"] = (0.03, t => MovedOn(t, c => c.Acknowledged && c.HoldsSlot)),
        ["acknowledged"] = (0.2, t => t.Command is Command.Acknowledge && t.Decision is Decision.Changed),
    };

    [Fact]
    public void The_random_moves_of_the_properties_reach_what_the_properties_are_about()
    {
        var seen = Sights.Keys.ToDictionary(sight => sight, _ => 0);
        foreach (var draws in ArbMap.Default.GeneratorFor<Draw[]>().Sample(SmallWorld.Cases, SmallWorld.Moves))
        {
            foreach (var sight in SightsOf(draws))
            {
                seen[sight]++;
            }
        }

        foreach (var (sight, count) in seen)
        {
            output.WriteLine($"{sight}: {count}");
        }

        Assert.All(seen, s => Assert.InRange(s.Value, Sights[s.Key].LeastShare * SmallWorld.Cases, SmallWorld.Cases));
    }

    private static HashSet<string> SightsOf(Draw[] draws)
    {
        var found = new HashSet<string>();
        SmallWorld.Run(draws, taken => found.UnionWith(Sights.Where(s => s.Value.Is(taken)).Select(s => s.Key)));
        return found;
    }

    private static bool IsRefused<T>(Taken taken) where T : Fault => taken.Decision is Decision.Refused { Fault: T };

    private static bool MovedOn(Taken taken, Func<Connection, bool> from) => taken.Before.Connections.Any(
        c => from(c) && taken.Play.Record.Find(c.Page) is { State: not State.Pending } now && now.State != c.State);

    private static bool Moved(Taken taken, State from, State to) =>
        taken.Decision is Decision.Changed changed
        && changed.Changes.OfType<Change.Transition>().Any(c => c.From == from && c.To == to);
}
