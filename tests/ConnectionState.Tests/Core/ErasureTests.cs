using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>An erasure empties the record in one commit. What is left of it leads to what the store keeps elsewhere.</summary>
public class ErasureTests
{
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly PageRef Lost = Pages.Fanpage(1);
    private static readonly PageRef Left = Pages.Fanpage(2);

    private readonly CoreMerchant merchant = new();

    public ErasureTests()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial));
        merchant.ExpectChanged(SetPlan(Plan.Standard, boughtPages: 2));
        merchant.Connect(Left);
        merchant.ExpectChanged(Disconnect(Left));
        merchant.Connect(Oa);
        merchant.Connect(Lost);
        merchant.ReportLoss(Lost, Signal.PageDeleted);
        merchant.BeginSession(Provider.Zalo);
    }

    [Fact]
    public void Nothing_is_listed_and_no_session_plan_trial_or_deadline_is_left()
    {
        var revision = merchant.Record.Revision;

        var changed = merchant.ExpectChanged(Erase());

        Assert.Equal([new Change.Erased()], changed.Changes.AsEnumerable());
        Assert.Equal((revision + 1, true), (merchant.Record.Revision, merchant.Record.IsErased));
        Assert.Empty(PageList.Listed(merchant.Record));
        Assert.Empty(merchant.Record.Sessions);
        Assert.Equal((null, 0, null), (merchant.Record.Plan, merchant.Record.BoughtPages, merchant.Record.TrialEndsAt));
        Assert.Null(DeadlineRules.NextDeadline(merchant.Record, merchant.Rules));
        Assert.Equal((0, 0), (merchant.Quota.Used, merchant.Record.Requests.Length));
    }

    [Fact]
    public void The_pages_and_accounts_of_all_connections_are_left_and_nothing_else_of_them()
    {
        var before = merchant.Record.Connections.Select(c => (c.Page, c.Account)).ToList();

        merchant.ExpectChanged(Erase());

        Assert.Equal(before, merchant.Record.Connections.Select(c => (c.Page, c.Account)));
        Assert.All(merchant.Record.Connections, c => Assert.Equal(("", 0UL, 0UL, null, null), (c.PageName, c.GrantId, c.HoldId, c.ConnectedAt, c.LossEvidence)));
    }

    [Fact]
    public void More_connections_than_are_kept_otherwise_are_left()
    {
        var many = new CoreMerchant(new Rules { StandardPages = 10, Retention = new() { Tombstones = 2 } });
        PageRef[] pages = [.. Enumerable.Range(1, 6).Select(Pages.Oa)];
        foreach (var page in pages)
        {
            many.Connect(page);
        }

        many.ExpectChanged(Erase());

        Assert.Equal(pages, many.Record.Connections.Select(c => c.Page));
    }

    [Fact]
    public void A_merchant_that_is_erased_or_was_never_stored_stays_as_it_is()
    {
        merchant.ExpectChanged(Erase());

        merchant.ExpectUnchanged(Erase());

        new CoreMerchant().ExpectUnchanged(Erase());
    }

    [Fact]
    public void A_change_after_the_erasure_makes_it_a_merchant_again_which_can_be_erased_again()
    {
        merchant.ExpectChanged(Erase());
        merchant.ExpectChanged(SetPlan(Plan.Trial));

        Assert.False(merchant.Record.IsErased);
        Assert.Equal(merchant.Now + merchant.Rules.TrialLength, merchant.Record.TrialEndsAt);
        merchant.ExpectChanged(Erase());
    }

    private static Command.Erase Erase() => new(CoreMerchant.NewOrigin());
}
