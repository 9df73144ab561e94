using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>Slots and connections stay consistent, for random commands.</summary>
[CommandProperties]
public class SlotProperties
{
    [Property]
    public void Used_slots_never_exceed_the_limit_unless_the_limit_was_lowered(CommandSeed[] seeds)
    {
        var allowed = 0;
        CommandGenerator.Run(seeds, executed =>
        {
            // Slots in use when the limit was lowered may stay in use, but are lost once they are free.
            var quota = executed.Merchant.Quota;
            var remaining = executed.Command is Command.SetPlan ? quota.Used : Math.Min(allowed, UsedIn(executed.Before));
            allowed = Math.Max(quota.Limit, remaining);
            Assert.InRange(quota.Used, 0, allowed);
            Assert.Equal(quota.Used > quota.Limit, quota.OverLimit);
        });
    }

    [Property]
    public void Used_slots_equal_a_recount_from_the_history(CommandSeed[] seeds)
    {
        // Counted from the changes alone, so that a transition without a change is found too.
        var states = new Dictionary<PageRef, State>();
        CommandGenerator.Run(seeds, executed =>
        {
            var changes = executed.Decision is Decision.Changed changed ? changed.Changes : [];
            foreach (var moved in changes.OfType<Change.Transition>())
            {
                Assert.Equal(moved.From, states.GetValueOrDefault(moved.Page));
                states[moved.Page] = moved.To;
            }

            Assert.Equal(states.Values.Count(TakesSlot), executed.Merchant.Quota.Used);
        });
    }

    [Property]
    public void A_merchant_never_has_two_connections_to_one_page(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            var pages = executed.Merchant.Record.Connections.Select(c => c.Page).ToList();
            Assert.Equal(pages.Distinct(), pages);
            var orders = executed.Merchant.Record.Connections.Select(c => c.Order).ToList();
            Assert.Equal(orders.Distinct().Order(), orders);
        });

    private static int UsedIn(MerchantRecord record) => record.Connections.Count(c => TakesSlot(c.State));

    private static bool TakesSlot(State state) => state is State.Pending or State.Connected or State.Expired or State.Revoked;
}
