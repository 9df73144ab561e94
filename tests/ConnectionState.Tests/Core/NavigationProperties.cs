using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>The next page and the list order, for random commands (R17, R18, R20 to R22).</summary>
[CommandProperties]
public class NavigationProperties
{
    [Property]
    public void The_next_page_is_connected_and_listed_and_not_the_page_itself(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            foreach (var connection in executed.Merchant.Record.Connections)
            {
                if (PageList.NextAfter(executed.Merchant.Record, connection) is Navigation.ToPage next)
                {
                    Assert.NotEqual(connection.Page, next.Page);
                    Assert.Equal(State.Connected, executed.Merchant[next.Page].State);
                    Assert.Contains(next.Page, executed.Merchant.Listed);
                }
                else
                {
                    Assert.DoesNotContain(executed.Merchant.ConnectedPages, p => p != connection.Page);
                }
            }
        });

    [Property]
    public void The_next_page_after_the_only_connected_page_is_the_connect_screen(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            if (executed.Merchant.ConnectedPages is [var only])
            {
                Assert.Equal(new Navigation.ToConnect(only.Provider), executed.Merchant.NextAfter(only));
            }
        });

    [Property]
    public void Disconnecting_the_current_page_repeatedly_visits_every_connected_page_once_in_order(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            var listed = executed.Merchant.Listed;
            for (var start = 0; start < listed.Count; start++)
            {
                var round = listed.Skip(start + 1).Concat(listed.Take(start));
                var expected = round.Where(executed.Merchant.ConnectedPages.Contains);
                Assert.Equal(expected, Visit(executed.Merchant, listed[start]));
            }
        });

    [Property]
    public void The_order_of_two_listed_pages_never_changes(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            // Holds for every page that stays listed, whatever its state. An acknowledged page that a session waits for leaves the list, and
            // enters it again at the end.
            PageRef[] again = executed.Command is Command.Acknowledge { Page: var page } && executed.Merchant[page].State is State.Pending ? [page] : [];
            var before = PageList.Listed(executed.Before).Select(c => c.Page).Except(again).ToList();
            var after = executed.Merchant.Listed;
            Assert.Equal(before.Where(after.Contains), after.Where(before.Contains));
            Assert.Equal(before.Where(after.Contains), after.Take(before.Count(after.Contains)));
        });

    private static List<PageRef> Visit(CoreMerchant merchant, PageRef start)
    {
        var visited = new List<PageRef>();
        var record = merchant.Record;
        var current = start;
        while (true)
        {
            var decision = Decider.Decide(record, TestCommands.Disconnect(current), merchant.Now, merchant.Rules);
            record = Assert.IsType<Decision.Changed>(decision).Record;
            if (PageList.NextAfter(record, record.Find(current)!) is not Navigation.ToPage next)
            {
                return visited;
            }

            current = next.Page;
            visited.Add(current);
        }
    }
}
