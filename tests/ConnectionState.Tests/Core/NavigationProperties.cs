using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>The next page, and the order of the list it is taken from (R17, R18, R20 to R22).</summary>
[Properties(MaxTest = SmallWorld.Cases, StartSize = SmallWorld.Moves, EndSize = SmallWorld.Moves)]
public class NavigationProperties
{
    [Property]
    public void The_next_page_is_connected_and_listed_and_not_the_page_itself(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            foreach (var connection in taken.Play.Record.Connections)
            {
                if (PageList.NextAfter(taken.Play.Record, connection) is Navigation.ToPage next)
                {
                    Assert.NotEqual(connection.Page, next.Page);
                    Assert.Equal(State.Connected, taken.Play[next.Page].State);
                    Assert.Contains(next.Page, taken.Play.Listed);
                }
                else
                {
                    Assert.DoesNotContain(taken.Play.ConnectedPages, p => p != connection.Page);
                }
            }
        });

    [Property]
    public void With_exactly_one_connected_page_left_the_answer_after_it_is_the_connect_screen(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            if (taken.Play.ConnectedPages is [var only])
            {
                Assert.Equal(new Navigation.ToConnect(only.Provider), taken.Play.NextAfter(only));
            }
        });

    [Property]
    public void Starting_anywhere_and_disconnecting_the_current_page_each_time_visits_every_connected_page_once_in_order(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            var listed = taken.Play.Listed;
            for (var start = 0; start < listed.Count; start++)
            {
                var round = listed.Skip(start + 1).Concat(listed.Take(start));
                var expected = round.Where(taken.Play.ConnectedPages.Contains);
                Assert.Equal(expected, Visit(taken.Play, listed[start]));
            }
        });

    [Property]
    public void Adding_or_losing_other_pages_never_changes_which_of_two_connected_pages_comes_first(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            // Of a page that stays listed the same holds, whatever happens to it meanwhile.
            var before = PageList.Listed(taken.Before).Select(c => c.Page).ToList();
            var after = taken.Play.Listed;
            Assert.Equal(before.Where(after.Contains), after.Where(before.Contains));
            Assert.Equal(before.Where(after.Contains), after.Take(before.Count(after.Contains)));
        });

    private static List<PageRef> Visit(Play play, PageRef start)
    {
        var visited = new List<PageRef>();
        var record = play.Record;
        var current = start;
        while (true)
        {
            var decision = Decider.Decide(record, PlayCommands.Disconnect(current), play.Now, play.Rules);
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
