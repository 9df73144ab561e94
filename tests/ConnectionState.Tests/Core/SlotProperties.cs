using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>Slots are never given away twice, whatever happens in whatever order.</summary>
[Properties(MaxTest = SmallWorld.Cases, StartSize = SmallWorld.Moves, EndSize = SmallWorld.Moves)]
public class SlotProperties
{
    [Property]
    public void Used_never_exceeds_the_limit_unless_the_limit_was_lowered(Draw[] draws)
    {
        var allowed = 0;
        SmallWorld.Run(draws, taken =>
        {
            // What was used when the limit sank below it may stay, but never come back once it is gone.
            var quota = taken.Play.Quota;
            var stay = taken.Command is Command.SetPlan ? quota.Used : Math.Min(allowed, UsedIn(taken.Before));
            allowed = Math.Max(quota.Limit, stay);
            Assert.InRange(quota.Used, 0, allowed);
            Assert.Equal(quota.Used > quota.Limit, quota.OverLimit);
        });
    }

    [Property]
    public void Used_equals_what_a_recount_of_slots_says(Draw[] draws)
    {
        // Counted from the history alone, so that a move that was not written down is found out too.
        var states = new Dictionary<PageRef, State>();
        SmallWorld.Run(draws, taken =>
        {
            var changes = taken.Decision is Decision.Changed changed ? changed.Changes : [];
            foreach (var moved in changes.OfType<Change.Transition>())
            {
                Assert.Equal(moved.From, states.GetValueOrDefault(moved.Page));
                states[moved.Page] = moved.To;
            }

            Assert.Equal(states.Values.Count(TakesSlot), taken.Play.Quota.Used);
        });
    }

    [Property]
    public void Connect_lose_renew_refuse_in_any_order_never_yields_two_connections_for_one_page(Draw[] draws) =>
        SmallWorld.Run(draws, taken =>
        {
            var pages = taken.Play.Record.Connections.Select(c => c.Page).ToList();
            Assert.Equal(pages.Distinct(), pages);
            var orders = taken.Play.Record.Connections.Select(c => c.Order).ToList();
            Assert.Equal(orders.Distinct().Order(), orders);
        });

    private static int UsedIn(MerchantRecord record) => record.Connections.Count(c => TakesSlot(c.State));

    private static bool TakesSlot(State state) => state is State.Pending or State.Connected or State.Expired or State.Revoked;
}
