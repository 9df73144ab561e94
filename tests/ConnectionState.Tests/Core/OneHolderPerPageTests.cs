using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>One holder per page: the later grant wins (R16).</summary>
public class OneHolderPerPageTests
{
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly CoreMerchant merchant = new(merchantId: "m5");

    [Fact]
    public void R16_A_grant_claims_the_page()
    {
        merchant.Connect(Oa);

        Assert.Equal([new Claim("m5", Oa, merchant.Now)], merchant.Claims);
    }

    [Fact]
    public void Renewing_does_not_claim_the_page()
    {
        merchant.Connect(Oa);

        Assert.Null(merchant.ExpectChanged(Renew(Oa)).Claim);
    }

    [Fact]
    public void OneHolderPerPage_can_be_turned_off()
    {
        var shared = new CoreMerchant(new Rules { OneHolderPerPage = false });

        shared.Connect(Oa);

        Assert.Empty(shared.Claims);
    }

    [Fact]
    public void R16_A_later_grant_displaces_the_connection()
    {
        var granted = merchant.Connect(Oa).ConnectedAt!.Value;

        merchant.After(TimeSpan.FromHours(1)).ExpectChanged(ReleasePage(Oa, "m1", granted + OneTick));

        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere, true), (merchant[Oa].State, merchant[Oa].Cause, merchant[Oa].IsListed));
    }

    [Fact]
    public void An_earlier_grant_is_stale()
    {
        var granted = merchant.Connect(Oa).ConnectedAt!.Value;

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(ReleasePage(Oa, "m9", granted - OneTick)));
    }

    [Theory]
    [InlineData("m6", State.Disconnected)]
    [InlineData("m50", State.Disconnected)]
    [InlineData("m4", State.Connected)]
    [InlineData("M6", State.Connected)]
    public void Of_two_grants_at_the_same_time_the_merchant_whose_id_sorts_last_wins(string other, State state)
    {
        var granted = merchant.Connect(Oa).ConnectedAt!.Value;

        merchant.Execute(ReleasePage(Oa, other, granted));

        Assert.Equal(state, merchant[Oa].State);
    }

    [Fact]
    public void Renewing_does_not_change_the_grant_time_that_decides_who_wins()
    {
        var granted = merchant.Connect(Oa).ConnectedAt;
        merchant.After(TimeSpan.FromDays(2)).ExpectChanged(Renew(Oa));
        Assert.Equal(granted, merchant[Oa].ConnectedAt);

        merchant.ExpectChanged(ReleasePage(Oa, "m1", granted!.Value + OneTick));
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PermissionRevoked)]
    public void An_expired_or_revoked_page_is_displaced_too(Signal signal)
    {
        merchant.Connect(Oa);
        merchant.ReportLoss(Oa, signal);

        merchant.ExpectChanged(ReleasePage(Oa, "m1", merchant.Now + OneTick));

        Assert.Equal((State.Disconnected, 0), (merchant[Oa].State, merchant.Quota.Used));
    }

    [Fact]
    public void A_pending_page_is_not_displaced()
    {
        merchant.Request(Oa);

        merchant.ExpectUnchanged(ReleasePage(Oa, "m1", merchant.Now + OneTick));
    }

    [Fact]
    public void ReleasePage_changes_nothing_without_the_page_or_when_repeated()
    {
        merchant.ExpectUnchanged(ReleasePage(Oa, "m1", merchant.Now));
        merchant.Connect(Oa);
        merchant.ExpectChanged(ReleasePage(Oa, "m1", merchant.Now + OneTick));

        merchant.ExpectUnchanged(ReleasePage(Oa, "m1", merchant.Now + OneTick));
    }

    [Fact]
    public void A_merchant_ignores_its_own_claim()
    {
        merchant.Connect(Oa);

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(ReleasePage(Oa, "m5", merchant.Now + OneTick)));
    }

    [Fact]
    public void The_transition_of_a_displaced_connection_holds_the_time_of_the_other_grant()
    {
        merchant.Connect(Oa);
        var grantedAt = merchant.Now + OneTick;

        var changed = merchant.ExpectChanged(ReleasePage(Oa, "m1", grantedAt));

        var transition = Assert.IsType<Change.Transition>(Assert.Single(changed.Changes));
        Assert.Equal(new Evidence(null, null, grantedAt, "tester"), transition.Evidence);
    }
}
