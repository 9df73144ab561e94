using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Model;

/// <summary>The core and the naive merchant are of one mind about every command, sensible or not.</summary>
public class ModelTests
{
    private const int Moves = 60;

    // Left out: what the loop that commits says.
    private static readonly Type[] SaidByOthers = [typeof(Fault.ConcurrentChange)];

    // Every fault that a decision can be.
    private static readonly string[] Answers =
    [
        "changed", "unchanged", "stale", "repeated",
        .. typeof(Fault).GetNestedTypes().Except(SaidByOthers).Select(t => $"refused {t.Name}"),
    ];

    // So few are kept that forgetting is part of every play.
    private static Rules RulesFor(int choice) => new()
    {
        StandardPages = 1 + (choice % 3),
        DefaultPlan = choice % 5 == 0 ? Plan.Trial : Plan.Standard,
        KeptSessions = 2 + (choice % 2),
        KeptTombstones = 1 + (choice % 3),
        KeptRequests = 3,
        FacebookTokenLifetime = choice % 2 == 0 ? null : TimeSpan.FromDays(3),
        OneHolderPerPage = choice % 4 != 0,
    };

    [Property(MaxTest = 10_000, StartSize = Moves, EndSize = Moves)]
    public void The_core_does_what_the_naive_merchant_does(WildDraw[] draws, byte choice)
    {
        var play = new Play(RulesFor(choice));
        var naive = new NaiveMerchant(play.Rules, play.Record.MerchantId);
        foreach (var draw in draws)
        {
            var command = draw.Command(play);
            SmallWorld.Wait(play, command);
            var verdict = Views.Of(naive.Do(command, play.Now), naive);
            var decision = Views.Of(play.Do(command));

            AssertSame(command, [verdict, .. Views.Of(naive)], [decision, .. Views.Of(play.Record, play.Rules)]);
        }
    }

    [Fact]
    public void The_random_commands_meet_every_answer_there_is()
    {
        var seen = new Dictionary<string, int>();
        foreach (var draws in ArbMap.Default.GeneratorFor<WildDraw[]>().Sample(4_000, Moves))
        {
            var play = new Play(RulesFor(draws.Length));
            foreach (var command in draws.Select(draw => draw.Command(play)))
            {
                SmallWorld.Wait(play, command);
                var answer = Views.Of(play.Do(command)).Split(" Claim")[0].Trim();
                seen[answer] = seen.GetValueOrDefault(answer) + 1;
            }
        }

        Assert.All(Answers, answer => Assert.InRange(seen.GetValueOrDefault(answer), 20, int.MaxValue));
    }

    private static void AssertSame(Command command, List<string> expected, List<string> actual)
    {
        if (!expected.SequenceEqual(actual))
        {
            Assert.Fail(string.Join('\n',
                [$"{command}", "The naive merchant says:", .. expected.Except(actual), "The core says:", .. actual.Except(expected)]));
        }
    }
}
