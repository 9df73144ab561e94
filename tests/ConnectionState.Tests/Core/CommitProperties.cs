using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>What a command leaves behind, done once or many times.</summary>
[Properties(MaxTest = SmallWorld.Cases, StartSize = SmallWorld.Moves, EndSize = SmallWorld.Moves)]
public class CommitProperties
{
    [Property]
    public void Repeating_any_command_with_the_same_request_id_changes_nothing(Draw[] draws)
    {
        var play = SmallWorld.NewPlay(draws);
        var carriedOut = new List<(Command Command, long Revision)>();
        foreach (var draw in draws)
        {
            var chosen = SmallWorld.Pick(play, draw);
            var command = chosen with { Origin = Play.By($"r{carriedOut.Count}", draw.Choice) };
            SmallWorld.Wait(play, command);
            if (play.Do(command) is Decision.Changed changed)
            {
                carriedOut.Add((command, changed.Record.Revision));
            }
            else
            {
                Assert.IsNotType<Decision.Changed>(play.Consider(command));
            }

            // Not only the last one: also the oldest that is remembered, and one in between.
            var remembered = carriedOut.TakeLast(play.Rules.KeptRequests).ToList();
            int[] some = remembered.Count == 0 ? [] : [0, draw.Page % remembered.Count, remembered.Count - 1];
            Assert.All(some, index => AssertRepeated(play, remembered[index].Command, remembered[index].Revision));
        }
    }

    [Property]
    public void Every_accepted_command_that_changes_something_raises_the_revision_by_exactly_one(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            if (taken.Decision is Decision.Changed changed)
            {
                Assert.Equal(taken.Before.Revision + 1, changed.Record.Revision);
                Assert.NotEmpty(changed.Changes);
                Assert.NotEqual(Content(taken.Before), Content(changed.Record));
            }
            else
            {
                Assert.Same(taken.Before, taken.Play.Record);
            }
        });

    [Property]
    public void What_changed_is_what_the_changes_tell(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            var told = taken.Decision is Decision.Changed changed ? changed.Changes : [];
            var now = taken.Play.Record;

            var lost = now.Connections.Where(c => c.Acknowledged && taken.Before.Find(c.Page)?.Acknowledged != true);
            Assert.Equal(lost.Select(c => c.Page), told.OfType<Change.Acknowledged>().Select(c => c.Page));

            var warned = now.Connections.Where(c => c.ExpiresSoon && taken.Before.Find(c.Page)?.ExpiresSoon != true);
            Assert.Equal(warned.Select(c => c.Page), told.OfType<Change.ExpiryWarning>().Select(c => c.Page));

            var stepped = now.Sessions.Where(s => taken.Before.FindSession(s.Id)?.Step(taken.Play.Rules) != s.Step(taken.Play.Rules));
            Assert.Empty(stepped.Select(s => s.Id).Except(told.OfType<Change.SessionMoved>().Select(c => c.SessionId)));

            var planned = taken.Before.Plan != now.Plan || taken.Before.BoughtPages != now.BoughtPages;
            Assert.Equal(planned, told.OfType<Change.PlanChanged>().Any());
        });

    private static void AssertRepeated(Play play, Command command, long revision)
    {
        var before = play.Record;
        var repeated = Assert.IsType<Decision.Repeated>(play.Do(command));
        Assert.Equal(revision, repeated.Request.Revision);
        Assert.Same(before, play.Record);
        Assert.Same(before, repeated.Record);
    }

    // All that a commit is there to change: not its number, nor who asked for it.
    private static byte[] Content(MerchantRecord record) => RecordCodec.Encode(record with { Revision = 0, Requests = [] });
}
