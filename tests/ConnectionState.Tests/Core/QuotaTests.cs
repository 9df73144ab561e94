using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>The number of slots and what takes them (R9 to R12).</summary>
public class QuotaTests
{
    private readonly CoreMerchant merchant = new();

    [Fact]
    public void R9_A_merchant_has_three_slots()
    {
        ConnectPages(3);

        var fault = merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));

        Assert.Equal((3, 3), (fault.Used, fault.Limit));
    }

    [Fact]
    public void R10_A_trial_merchant_has_one_slot_for_fifteen_days()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial));
        ConnectPages(1);

        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));

        Assert.Equal(CoreMerchant.Start.AddDays(15), merchant.Quota.TrialEndsAt);
    }

    [Fact]
    public void R10_Bought_pages_do_not_count_during_a_trial()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial, boughtPages: 5));

        Assert.Equal(1, merchant.Quota.Limit);
    }

    [Fact]
    public void R11_Bought_pages_add_slots()
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, boughtPages: 2));

        ConnectPages(5);

        Assert.Equal(new Quota(Plan.Standard, Limit: 5, Used: 5, BoughtPages: 2, TrialEndsAt: null), merchant.Quota);
    }

    [Fact]
    public void R12_A_session_can_begin_while_a_slot_is_free()
    {
        ConnectPages(2);

        Assert.True(merchant.Quota.HasFreeSlot);
        merchant.BeginSession(Provider.Zalo);
    }

    [Fact]
    public void A_slot_is_taken_when_a_page_is_chosen_not_when_the_session_begins()
    {
        ConnectPages(2);
        var first = merchant.OpenSession(Pages.Oa(1));
        var second = merchant.OpenSession(Pages.Oa(2));
        merchant.ExpectChanged(Choose(first, Pages.Oa(1)));

        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Choose(second, Pages.Oa(2)));

        merchant.ExpectChanged(Refuse(first));
        merchant.ExpectChanged(Choose(second, Pages.Oa(2)));
    }

    [Fact]
    public void An_expired_or_revoked_page_keeps_its_slot_and_can_be_reconnected_at_the_limit()
    {
        ConnectPages(3);
        merchant.ReportLoss(Pages.Fanpage(1), Signal.TokenExpired);
        merchant.ReportLoss(Pages.Fanpage(2), Signal.PermissionRevoked);
        Assert.Equal(3, merchant.Quota.Used);

        merchant.Connect(Pages.Fanpage(1));
        merchant.Connect(Pages.Fanpage(2));

        Assert.Equal(3, merchant.Quota.Used);
    }

    [Theory]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public void A_deleted_or_displaced_page_frees_its_slot(Signal signal)
    {
        ConnectPages(3);

        merchant.ReportLoss(Pages.Fanpage(1), signal);

        Assert.Equal((2, 3), (merchant.Quota.Used, merchant.Listed.Count));
        merchant.Connect(Pages.Oa(1));
    }

    [Fact]
    public void Reconnecting_a_page_without_a_slot_needs_a_free_one()
    {
        ConnectPages(3);
        merchant.ExpectChanged(Disconnect(Pages.Fanpage(1)));
        merchant.Connect(Pages.Oa(1));

        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("back", Provider.Facebook, Pages.Fanpage(1).PageId));
    }

    [Fact]
    public void Lowering_the_limit_removes_no_page_and_prevents_new_ones()
    {
        ConnectPages(3);

        merchant.ExpectChanged(SetPlan(Plan.Trial));

        Assert.True(merchant.Quota.OverLimit);
        Assert.Equal(3, merchant.ConnectedPages.Count);
        merchant.ExpectChanged(Disconnect(Pages.Fanpage(1)));
        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));
    }

    [Fact]
    public void A_page_that_holds_a_slot_can_be_reconnected_above_the_limit()
    {
        ConnectPages(3);
        merchant.ExpectChanged(SetPlan(Plan.Trial));
        merchant.ReportLoss(Pages.Fanpage(2));

        merchant.Connect(Pages.Fanpage(2));

        Assert.Equal(3, merchant.Quota.Used);
    }

    [Fact]
    public void Setting_the_same_plan_again_changes_nothing()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial, boughtPages: 1));

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.After(TimeSpan.FromDays(3)).ExpectUnchanged(SetPlan(Plan.Trial, boughtPages: 1)));
    }

    [Fact]
    public void Buying_pages_during_a_trial_does_not_extend_it()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial));

        merchant.After(TimeSpan.FromDays(3)).ExpectChanged(SetPlan(Plan.Trial, boughtPages: 1));

        Assert.Equal(CoreMerchant.Start.AddDays(15), merchant.Quota.TrialEndsAt);
    }

    [Fact]
    public void R10_A_merchant_has_one_trial_also_with_another_plan_in_between()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial));
        merchant.ExpectChanged(SetPlan(Plan.Standard));
        Assert.Null(merchant.Quota.TrialEndsAt);

        merchant.After(TimeSpan.FromDays(20)).ExpectChanged(SetPlan(Plan.Trial));

        Assert.Equal(CoreMerchant.Start.AddDays(15), merchant.Quota.TrialEndsAt);
    }

    [Fact]
    public void R10_A_trial_by_default_begins_with_the_first_change()
    {
        var trial = new CoreMerchant(new Rules { DefaultPlan = Plan.Trial });

        trial.After(TimeSpan.FromDays(2)).BeginSession(Provider.Zalo);
        trial.After(TimeSpan.FromDays(1)).BeginSession(Provider.Zalo);

        Assert.Equal(CoreMerchant.Start.AddDays(17), trial.Quota.TrialEndsAt);
    }

    [Fact]
    public void A_merchant_that_was_never_on_the_trial_has_no_trial_end()
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, boughtPages: 1));

        Assert.Null(merchant.Record.TrialEndsAt);
    }

    [Fact]
    public void PAGE_QUOTA_EXCEEDED_names_the_open_sessions_that_hold_slots()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial));
        var first = merchant.OpenSession(Pages.Oa(1));
        var second = merchant.OpenSession(Pages.Fanpage(1));
        merchant.ExpectChanged(Choose(first, Pages.Oa(1)));

        Assert.Equal([first], merchant.ExpectRefused<Fault.PageQuotaExceeded>(Choose(second, Pages.Fanpage(1))).SessionIds.AsEnumerable());
        Assert.Equal([first], merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo)).SessionIds.AsEnumerable());
    }

    [Fact]
    public void PAGE_QUOTA_EXCEEDED_does_not_name_sessions_for_pages_that_hold_a_slot_anyway()
    {
        ConnectPages(3);
        merchant.Request(Pages.Fanpage(1));

        Assert.Empty(merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo)).SessionIds);
    }

    [Theory]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public void A_session_at_consent_for_a_deleted_or_displaced_page_reserves_a_slot(Signal signal)
    {
        ConnectPages(3);
        merchant.ReportLoss(Pages.Fanpage(1), signal);
        Assert.Equal(2, merchant.Quota.Used);

        var id = merchant.After(TimeSpan.FromMinutes(1)).Request(Pages.Fanpage(1));

        Assert.Equal(3, merchant.Quota.Used);
        var fault = merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));
        Assert.Equal([id], fault.SessionIds.AsEnumerable());
        merchant.ExpectChanged(Grant(id));
        Assert.Equal(3, merchant.Quota.Used);
    }

    [Fact]
    public void Several_sessions_for_a_deleted_page_reserve_one_slot()
    {
        ConnectPages(1);
        merchant.ReportLoss(Pages.Fanpage(1), Signal.PageDeleted);
        merchant.After(TimeSpan.FromMinutes(1));
        var first = merchant.Request(Pages.Fanpage(1));
        var second = merchant.Request(Pages.Fanpage(1));
        Assert.Equal(1, merchant.Quota.Used);

        merchant.ExpectChanged(Refuse(first));
        Assert.Equal(1, merchant.Quota.Used);

        merchant.ExpectChanged(Refuse(second));
        Assert.Equal(0, merchant.Quota.Used);
    }

    [Fact]
    public void Choosing_a_deleted_page_needs_a_free_slot()
    {
        ConnectPages(3);
        merchant.ReportLoss(Pages.Fanpage(1), Signal.PageDeleted);
        var id = merchant.After(TimeSpan.FromMinutes(1)).OpenSession(Pages.Fanpage(1));
        merchant.Connect(Pages.Oa(1));

        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Choose(id, Pages.Fanpage(1)));
    }

    [Fact]
    public void The_default_plan_is_configurable()
    {
        var trial = new CoreMerchant(new Rules { DefaultPlan = Plan.Trial, TrialPages = 2 });

        Assert.Equal(new Quota(Plan.Trial, Limit: 2, Used: 0, BoughtPages: 0, TrialEndsAt: null), trial.Quota);
        Assert.Equal(new Quota(Plan.Standard, Limit: 3, Used: 0, BoughtPages: 0, TrialEndsAt: null), merchant.Quota);
    }

    [Fact]
    public void The_change_of_a_plan_holds_the_new_limit()
    {
        var changed = merchant.ExpectChanged(SetPlan(Plan.Standard, boughtPages: 2));

        Assert.Equal([new Change.PlanChanged(Plan.Standard, BoughtPages: 2, Limit: 5)], changed.Changes.AsEnumerable());
    }

    private void ConnectPages(int pages)
    {
        for (var number = 1; number <= pages; number++)
        {
            merchant.Connect(Pages.Fanpage(number));
        }
    }
}
