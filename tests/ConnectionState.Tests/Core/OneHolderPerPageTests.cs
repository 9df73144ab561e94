using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>One holder per page (R16). The page's register decides which grant is the later one; see ClaimTests.</summary>
public class OneHolderPerPageTests
{
    private static readonly PageRef Oa = Pages.Oa(1);

    private readonly CoreMerchant merchant = new(merchantId: "m5");

    [Theory]
    [InlineData(State.Connected, 7UL, true)]
    [InlineData(State.Expired, 7UL, true)]
    [InlineData(State.Revoked, 7UL, true)]
    [InlineData(State.Connected, 0UL, false)]
    [InlineData(State.Pending, 7UL, false)]
    [InlineData(State.Deleted, 7UL, false)]
    [InlineData(State.Disconnected, 7UL, false)]
    public void A_page_is_held_from_its_grant_until_it_is_deleted_or_disconnected(State state, ulong holdId, bool holds) =>
        Assert.Equal(holds, (StoreSamples.Connected(Oa) with { State = state, HoldId = holdId }).HoldsPage);

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
    public void R16_A_released_page_is_displaced()
    {
        var held = merchant.Connect(Oa).HoldId;

        merchant.After(TimeSpan.FromHours(1)).ExpectChanged(ReleasePage(Oa, held));

        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere, true), (merchant[Oa].State, merchant[Oa].Cause, merchant[Oa].IsListed));
    }

    [Fact]
    public void Releasing_an_earlier_hold_changes_nothing()
    {
        var earlier = merchant.Connect(Oa).HoldId;
        merchant.Connect(Oa);

        merchant.ExpectUnchanged(ReleasePage(Oa, earlier));
    }

    [Fact]
    public void Renewing_does_not_change_the_hold()
    {
        var held = merchant.Connect(Oa).HoldId;
        merchant.After(TimeSpan.FromDays(2)).ExpectChanged(Renew(Oa));
        Assert.NotEqual(held, merchant[Oa].GrantId);

        merchant.ExpectChanged(ReleasePage(Oa, held));
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PermissionRevoked)]
    public void An_expired_or_revoked_page_is_displaced_too(Signal signal)
    {
        var held = merchant.Connect(Oa).HoldId;
        merchant.ReportLoss(Oa, signal);

        merchant.ExpectChanged(ReleasePage(Oa, held));

        Assert.Equal((State.Disconnected, 0), (merchant[Oa].State, merchant.Quota.Used));
    }

    [Fact]
    public void A_lost_page_that_is_being_reconnected_is_displaced_too()
    {
        var held = merchant.Connect(Oa).HoldId;
        merchant.ReportLoss(Oa, Signal.TokenExpired);
        merchant.Request(Oa);
        merchant.ExpectChanged(Report(Oa, Signal.RoleLost));

        merchant.ExpectChanged(ReleasePage(Oa, held));

        Assert.Equal(State.Disconnected, merchant[Oa].State);
    }

    [Fact]
    public void A_pending_page_is_not_displaced()
    {
        merchant.Request(Oa);

        merchant.ExpectUnchanged(ReleasePage(Oa, holdId: 0));
    }

    [Fact]
    public void ReleasePage_changes_nothing_without_the_page_or_when_repeated()
    {
        merchant.ExpectUnchanged(ReleasePage(Oa, 1));
        var held = merchant.Connect(Oa).HoldId;
        merchant.ExpectChanged(ReleasePage(Oa, held));

        merchant.ExpectUnchanged(ReleasePage(Oa, held));
    }

    [Fact]
    public void The_transition_of_a_displaced_connection_has_no_evidence()
    {
        var held = merchant.Connect(Oa).HoldId;

        var changed = merchant.ExpectChanged(ReleasePage(Oa, held));

        Assert.Null(Assert.IsType<Change.Transition>(Assert.Single(changed.Changes)).Evidence);
    }
}
