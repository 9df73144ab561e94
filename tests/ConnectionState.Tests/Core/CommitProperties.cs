using System.Text.Json;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>What commands change, executed once or repeatedly, for random commands.</summary>
[CommandProperties]
public class CommitProperties
{
    [Property]
    public void A_repeated_request_id_changes_nothing(CommandSeed[] seeds)
    {
        var merchant = CommandGenerator.NewMerchant(seeds);
        var executed = new List<(Command Command, long Revision)>();
        foreach (var seed in seeds)
        {
            var chosen = CommandGenerator.Next(merchant, seed);
            var command = chosen with { Origin = CoreMerchant.NewOrigin($"r{executed.Count}", seed.Choice) };
            CommandGenerator.AdvanceClock(merchant, command);
            if (merchant.Execute(command) is Decision.Changed changed)
            {
                executed.Add((command, changed.Record.Revision));
            }
            else
            {
                Assert.IsNotType<Decision.Changed>(merchant.Decide(command));
            }

            // The oldest request that is still kept, the newest, and one in between.
            var remembered = executed.TakeLast(merchant.Rules.Retention.Requests).ToList();
            int[] some = remembered.Count == 0 ? [] : [0, seed.Page % remembered.Count, remembered.Count - 1];
            Assert.All(some, index => AssertRepeated(merchant, remembered[index].Command, remembered[index].Revision));
        }
    }

    [Property]
    public void Every_command_that_changes_something_raises_the_revision_by_one(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            if (executed.Decision is Decision.Changed changed)
            {
                Assert.Equal(executed.Before.Revision + 1, changed.Record.Revision);
                Assert.NotEmpty(changed.Changes);
                Assert.NotEqual(Content(executed.Before), Content(changed.Record));
            }
            else
            {
                Assert.Same(executed.Before, executed.Merchant.Record);
            }
        });

    [Property]
    public void The_changes_describe_everything_that_changed_in_the_record(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            var changes = executed.Decision is Decision.Changed changed ? changed.Changes : [];
            var now = executed.Merchant.Record;

            // An acknowledged page that a session waits for is requested again at once.
            var lost = now.Connections.Where(c =>
                executed.Before.Find(c.Page) is { IsLost: true, Acknowledged: false } && (c.Acknowledged || c.State is State.Pending));
            Assert.Equal(lost.Select(c => c.Page), changes.OfType<Change.Acknowledged>().Select(c => c.Page));

            var moved = changes.OfType<Change.Transition>().Select(c => c.Page);
            var judged = now.Connections.Where(c => Text(c.Suspicion) != Text(executed.Before.Find(c.Page)?.Suspicion)).Select(c => c.Page);
            Assert.Equal(judged.Except(moved), changes.OfType<Change.HealthChanged>().Select(c => c.Page).Except(moved));

            var warned = now.Connections.Where(c => c.ExpiresSoon && executed.Before.Find(c.Page)?.ExpiresSoon != true);
            Assert.Equal(warned.Select(c => c.Page), changes.OfType<Change.ExpiryWarning>().Select(c => c.Page));

            var stepped = now.Sessions.Where(s => executed.Before.FindSession(s.Id)?.Step != s.Step);
            Assert.Empty(stepped.Select(s => s.Id).Except(changes.OfType<Change.SessionMoved>().Select(c => c.SessionId)));

            var planned = executed.Before.Plan != now.Plan || executed.Before.BoughtPages != now.BoughtPages;
            Assert.Equal(planned, changes.OfType<Change.PlanChanged>().Any());
        });

    private static void AssertRepeated(CoreMerchant merchant, Command command, long revision)
    {
        var before = merchant.Record;
        var repeated = Assert.IsType<Decision.Repeated>(merchant.Execute(command));
        Assert.Equal(revision, repeated.Request.Revision);
        Assert.Same(before, merchant.Record);
        Assert.Same(before, repeated.Record);
    }

    private static string Text(Suspicion? suspicion) => JsonSerializer.Serialize(suspicion);

    // Everything except the revision and the request ids.
    private static byte[] Content(MerchantRecord record) => StoredParts.Encode(record with { Revision = 0, Requests = [] }).Bytes;
}
