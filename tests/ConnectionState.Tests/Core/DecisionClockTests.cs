using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>The time of a decision never goes back because of a small difference between clocks.</summary>
public class DecisionClockTests
{
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(1);

    private readonly CoreMerchant merchant = new();

    [Fact]
    public void The_time_of_an_empty_record_is_the_time_of_the_store() =>
        Assert.Equal(merchant.Now, DecisionClock.Now(merchant.Record, merchant.Now));

    [Fact]
    public void A_later_time_of_the_store_is_used()
    {
        merchant.Connect(Oa);

        Assert.Equal(merchant.Now + OneTick, DecisionClock.Now(merchant.Record, merchant.Now + OneTick));
    }

    [Fact]
    public void The_time_does_not_go_back_by_less_than_a_minute()
    {
        merchant.Connect(Oa);

        Assert.Equal(merchant.Now, DecisionClock.Now(merchant.Record, merchant.Now - MaxClockSkew + OneTick));
    }

    [Fact]
    public void A_clock_set_back_by_a_minute_or_more_is_followed()
    {
        merchant.Connect(Oa);

        Assert.Equal(merchant.Now - MaxClockSkew, DecisionClock.Now(merchant.Record, merchant.Now - MaxClockSkew));
    }

    [Fact]
    public void A_renewal_counts_as_the_newest_time_although_the_state_is_older()
    {
        merchant.Connect(Oa);
        merchant.After(TimeSpan.FromHours(1)).ExpectChanged(Renew(Oa));

        Assert.Equal(merchant.Now, DecisionClock.Now(merchant.Record, merchant.Now - OneTick));
    }

    [Fact]
    public void A_loss_counts_as_the_newest_time_although_the_grant_is_older()
    {
        merchant.Connect(Oa);
        merchant.After(TimeSpan.FromHours(1)).ReportLoss(Oa);

        Assert.Equal(merchant.Now, DecisionClock.Now(merchant.Record, merchant.Now - OneTick));
    }
}
