using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>One holder per page: the later grant holds it (R16).</summary>
public class HolderTests
{
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);

    private readonly Play play = new(merchantId: "m5");

    [Fact]
    public void R16_A_grant_claims_the_page()
    {
        play.Connect(Oa);

        Assert.Equal([new Claim("m5", Oa, play.Now)], play.Claims);
    }

    [Fact]
    public void Renewing_claims_nothing()
    {
        play.Connect(Oa);

        Assert.Null(play.Must(Renew(Oa)).Claim);
    }

    [Fact]
    public void Several_holders_are_an_option()
    {
        var shared = new Play(new Rules { OneHolderPerPage = false });

        shared.Connect(Oa);

        Assert.Empty(shared.Claims);
    }

    [Fact]
    public void R16_The_later_grant_takes_the_page()
    {
        var granted = play.Connect(Oa).ConnectedAt!.Value;

        play.After(TimeSpan.FromHours(1)).Must(ReleasePage(Oa, "m1", granted + Instant));

        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere, true), (play[Oa].State, play[Oa].Cause, play[Oa].IsListed));
    }

    [Fact]
    public void The_earlier_grant_does_not_take_the_page()
    {
        var granted = play.Connect(Oa).ConnectedAt!.Value;

        Assert.Equal(UnchangedReason.Stale, play.Unchanged(ReleasePage(Oa, "m9", granted - Instant)));
    }

    [Theory]
    [InlineData("m6", State.Disconnected)]
    [InlineData("m50", State.Disconnected)]
    [InlineData("m4", State.Connected)]
    [InlineData("M6", State.Connected)]
    public void Of_two_grants_in_the_same_instant_the_merchant_whose_id_sorts_last_holds_the_page(string other, State state)
    {
        var granted = play.Connect(Oa).ConnectedAt!.Value;

        play.Do(ReleasePage(Oa, other, granted));

        Assert.Equal(state, play[Oa].State);
    }

    [Fact]
    public void Renewing_does_not_move_the_grant_that_decides_who_holds_the_page()
    {
        var granted = play.Connect(Oa).ConnectedAt;
        play.After(TimeSpan.FromDays(2)).Must(Renew(Oa));
        Assert.Equal(granted, play[Oa].ConnectedAt);

        play.Must(ReleasePage(Oa, "m1", granted!.Value + Instant));
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PermissionRevoked)]
    public void A_lost_page_that_could_come_back_is_taken_too(Signal signal)
    {
        play.Connect(Oa);
        play.Lose(Oa, signal);

        play.Must(ReleasePage(Oa, "m1", play.Now + Instant));

        Assert.Equal((State.Disconnected, 0), (play[Oa].State, play.Quota.Used));
    }

    [Fact]
    public void A_page_that_waits_for_its_answer_is_not_taken()
    {
        play.Request(Oa);

        play.Unchanged(ReleasePage(Oa, "m1", play.Now + Instant));
    }

    [Fact]
    public void Yielding_twice_or_without_the_page_does_no_harm()
    {
        play.Unchanged(ReleasePage(Oa, "m1", play.Now));
        play.Connect(Oa);
        play.Must(ReleasePage(Oa, "m1", play.Now + Instant));

        play.Unchanged(ReleasePage(Oa, "m1", play.Now + Instant));
    }
}
