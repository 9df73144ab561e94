using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>How many pages a merchant may hold (R9 to R12).</summary>
public class QuotaTests
{
    private readonly Play play = new();

    [Fact]
    public void R9_A_merchant_holds_three_pages()
    {
        Fill(3);

        var fault = play.Refused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));

        Assert.Equal((3, 3), (fault.Used, fault.Limit));
    }

    [Fact]
    public void R10_A_trial_merchant_holds_one_page_for_fifteen_days()
    {
        play.Must(SetPlan(Plan.Trial));
        Fill(1);

        play.Refused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));

        Assert.Equal(Play.Start.AddDays(15), play.Quota.TrialEndsAt);
    }

    [Fact]
    public void R10_What_was_bought_does_not_widen_a_trial()
    {
        play.Must(SetPlan(Plan.Trial, boughtPages: 5));

        Assert.Equal(1, play.Quota.Limit);
    }

    [Fact]
    public void R11_Bought_pages_come_on_top()
    {
        play.Must(SetPlan(Plan.Standard, boughtPages: 2));

        Fill(5);

        Assert.Equal(new Quota(Plan.Standard, Limit: 5, Used: 5, BoughtPages: 2, TrialEndsAt: null), play.Quota);
    }

    [Fact]
    public void R12_Below_the_limit_another_page_can_be_added()
    {
        Fill(2);

        Assert.True(play.Quota.HasFreeSlot);
        play.BeginSession(Provider.Zalo);
    }

    [Fact]
    public void The_last_slot_is_taken_when_the_page_is_chosen_and_not_before()
    {
        Fill(2);
        var first = play.OpenSession(Pages.Oa(1));
        var second = play.OpenSession(Pages.Oa(2));
        play.Must(Choose(first, Pages.Oa(1)));

        play.Refused<Fault.PageQuotaExceeded>(Choose(second, Pages.Oa(2)));

        play.Must(Refuse(first));
        play.Must(Choose(second, Pages.Oa(2)));
    }

    [Fact]
    public void A_lost_page_that_can_come_back_keeps_its_slot_and_needs_no_new_one()
    {
        Fill(3);
        play.Lose(Pages.Fanpage(1), Signal.TokenExpired);
        play.Lose(Pages.Fanpage(2), Signal.PermissionRevoked);
        Assert.Equal(3, play.Quota.Used);

        play.Connect(Pages.Fanpage(1));
        play.Connect(Pages.Fanpage(2));

        Assert.Equal(3, play.Quota.Used);
    }

    [Theory]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public void A_page_that_cannot_come_back_blocks_no_slot(Signal signal)
    {
        Fill(3);

        play.Lose(Pages.Fanpage(1), signal);

        Assert.Equal((2, 3), (play.Quota.Used, play.Listed.Count));
        play.Connect(Pages.Oa(1));
    }

    [Fact]
    public void Reconnecting_a_page_that_gave_its_slot_back_needs_a_free_one()
    {
        Fill(3);
        play.Must(Disconnect(Pages.Fanpage(1)));
        play.Connect(Pages.Oa(1));

        play.Refused<Fault.PageQuotaExceeded>(Begin("back", Provider.Facebook, Pages.Fanpage(1).PageId));
    }

    [Fact]
    public void Lowering_the_limit_removes_nothing_and_admits_nothing_new()
    {
        Fill(3);

        play.Must(SetPlan(Plan.Trial));

        Assert.True(play.Quota.OverLimit);
        Assert.Equal(3, play.ConnectedPages.Count);
        play.Must(Disconnect(Pages.Fanpage(1)));
        play.Refused<Fault.PageQuotaExceeded>(Begin("more", Provider.Zalo));
    }

    [Fact]
    public void Above_the_limit_a_page_that_is_held_can_still_be_reconnected()
    {
        Fill(3);
        play.Must(SetPlan(Plan.Trial));
        play.Lose(Pages.Fanpage(2));

        play.Connect(Pages.Fanpage(2));

        Assert.Equal(3, play.Quota.Used);
    }

    [Fact]
    public void Setting_the_same_plan_again_changes_nothing()
    {
        play.Must(SetPlan(Plan.Trial, boughtPages: 1));

        Assert.Equal(UnchangedReason.AlreadySo, play.After(TimeSpan.FromDays(3)).Unchanged(SetPlan(Plan.Trial, boughtPages: 1)));
    }

    [Fact]
    public void Buying_during_a_trial_keeps_its_end()
    {
        play.Must(SetPlan(Plan.Trial));

        play.After(TimeSpan.FromDays(3)).Must(SetPlan(Plan.Trial, boughtPages: 1));

        Assert.Equal(Play.Start.AddDays(15), play.Quota.TrialEndsAt);
    }

    [Fact]
    public void A_trial_that_was_left_has_no_end_and_a_new_one_has_its_own()
    {
        play.Must(SetPlan(Plan.Trial));
        play.Must(SetPlan(Plan.Standard));
        Assert.Null(play.Quota.TrialEndsAt);

        play.After(TimeSpan.FromDays(20)).Must(SetPlan(Plan.Trial));

        Assert.Equal(Play.Start.AddDays(35), play.Quota.TrialEndsAt);
    }

    [Fact]
    public void The_plan_of_an_unknown_merchant_is_an_option()
    {
        var trial = new Play(new Rules { DefaultPlan = Plan.Trial, TrialPages = 2 });

        Assert.Equal(new Quota(Plan.Trial, Limit: 2, Used: 0, BoughtPages: 0, TrialEndsAt: null), trial.Quota);
        Assert.Equal(new Quota(Plan.Standard, Limit: 3, Used: 0, BoughtPages: 0, TrialEndsAt: null), play.Quota);
    }

    private void Fill(int pages)
    {
        for (var number = 1; number <= pages; number++)
        {
            play.Connect(Pages.Fanpage(number));
        }
    }
}
