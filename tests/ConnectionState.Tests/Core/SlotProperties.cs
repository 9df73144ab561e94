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
        var recount = new SlotRecount();
        CommandGenerator.Run(seeds, executed =>
        {
            if (executed.Decision is Decision.Changed changed)
            {
                Assert.All(changed.Changes, recount.Add);
            }

            Assert.Equal(recount.Used, executed.Merchant.Quota.Used);
        });
    }

    [Property]
    public void A_session_at_consent_waits_for_a_page_that_is_listed_and_has_a_slot(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            var record = executed.Merchant.Record;
            Assert.All(record.Sessions.Where(s => s is { IsOpen: true, PageId: not null }), session =>
            {
                var connection = executed.Merchant[session.Page!.Value];
                Assert.True(connection.IsListed);
                Assert.True(connection.HoldsSlot || Quota.HasReservedSlot(record, connection));
            });
            Assert.All(record.Connections.Where(c => c.State is State.Pending), c => Assert.NotEmpty(record.SessionsWaitingFor(c.Page)));
        });

    [Property]
    public void A_merchant_never_has_two_connections_to_one_page(CommandSeed[] seeds) =>
        CommandGenerator.Run(seeds, executed =>
        {
            var pages = executed.Merchant.Record.Connections.Select(c => c.Page).ToList();
            Assert.Equal(pages.Distinct(), pages);
            var orders = executed.Merchant.Record.Connections.Select(c => c.Order).ToList();
            Assert.Equal(orders.Distinct().Order(), orders);
        });

    private static int UsedIn(MerchantRecord record) => Quota.Of(record, new Rules()).Used;

    // The slots in use according to a merchant's history.
    private sealed class SlotRecount
    {
        private readonly Dictionary<PageRef, (State State, bool IsShownAsLost)> pages = [];
        private readonly Dictionary<string, PageRef> waiting = [];

        public int Used => pages.Count(p =>
            p.Value.State is State.Pending or State.Connected or State.Expired or State.Revoked
            || (p.Value.IsShownAsLost && waiting.ContainsValue(p.Key)));

        public void Add(Change change)
        {
            switch (change)
            {
                case Change.Transition moved:
                    Assert.Equal(moved.From, pages.GetValueOrDefault(moved.Page).State);
                    pages[moved.Page] = (moved.To, moved.To is State.Deleted || moved.Cause is Cause.SignedInElsewhere);
                    break;
                case Change.Acknowledged { Page: var page }:
                    pages[page] = (pages[page].State, false);
                    break;
                case Change.SessionMoved { Step: SessionStep.Consent, Page: { } page } session:
                    waiting[session.SessionId] = page;
                    break;
                case Change.SessionMoved session:
                    waiting.Remove(session.SessionId);
                    break;
            }
        }
    }
}
