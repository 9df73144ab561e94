using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Expiries, warnings and session timeouts: never early, and only once (R14).</summary>
public class DeadlineTests
{
    private static readonly PageRef Fanpage = Pages.Fanpage(1);
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly CoreMerchant merchant = new();

    [Fact]
    public void R14_A_token_expires_exactly_on_time()
    {
        var expiry = CoreMerchant.Start.AddDays(30);
        merchant.Connect(Oa, expiry);
        merchant.RunNextDeadline();

        merchant.At(expiry - OneTick).ExpectUnchanged(Tick());
        Assert.Equal(State.Connected, merchant[Oa].State);

        merchant.At(expiry).ExpectChanged(Tick());
        Assert.Equal((State.Expired, Cause.TokenExpired, expiry), (merchant[Oa].State, merchant[Oa].Cause, merchant[Oa].StateSince));
        Assert.Equal(expiry, merchant[Oa].KnownExpiry);
    }

    [Fact]
    public void R14_Renewing_reconnects_an_expired_page()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddDays(1));
        merchant.At(CoreMerchant.Start.AddDays(2)).ExpectChanged(Tick());

        merchant.ExpectChanged(Renew(Oa, merchant.Now.AddDays(90)));

        Assert.Equal((State.Connected, Cause.None, merchant.Now), (merchant[Oa].State, merchant[Oa].Cause, merchant[Oa].StateSince));
    }

    [Fact]
    public void R14_A_Zalo_token_expires_after_a_year_by_default() =>
        Assert.Equal(CoreMerchant.Start.AddDays(365), merchant.Connect(Oa).ExpiresAt);

    [Fact]
    public void A_Facebook_token_does_not_expire_by_default()
    {
        merchant.Connect(Fanpage);

        Assert.Null(merchant[Fanpage].ExpiresAt);
        Assert.Null(merchant.NextDeadline);
    }

    [Fact]
    public void Token_lifetimes_are_configurable()
    {
        var rules = new Rules { ZaloTokenLifetime = null, FacebookTokenLifetime = TimeSpan.FromDays(60) };
        var other = new CoreMerchant(rules);

        Assert.Null(other.Connect(Oa).ExpiresAt);
        Assert.Equal(CoreMerchant.Start.AddDays(60), other.Connect(Fanpage).ExpiresAt);
    }

    [Fact]
    public void The_expiry_warning_is_given_once_seven_days_before()
    {
        var expiry = CoreMerchant.Start.AddDays(30);
        merchant.Connect(Oa, expiry);

        merchant.At(expiry.AddDays(-7) - OneTick).ExpectUnchanged(Tick());
        var changed = merchant.At(expiry.AddDays(-7)).ExpectChanged(Tick());
        Assert.Equal([new Change.ExpiryWarning(Oa, expiry)], changed.Changes.AsEnumerable());
        Assert.True(merchant[Oa].ExpiresSoon);

        merchant.After(TimeSpan.FromDays(3)).ExpectUnchanged(Tick());
    }

    [Fact]
    public void A_token_that_expires_before_the_warning_was_given_is_not_warned_of()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddDays(30));

        var changed = merchant.At(CoreMerchant.Start.AddDays(30)).ExpectChanged(Tick());

        Assert.IsType<Change.Transition>(Assert.Single(changed.Changes));
    }

    [Fact]
    public void Renewing_clears_the_warning_and_moves_the_expiry()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddDays(5));
        Assert.True(merchant[Oa].ExpiresSoon);
        var since = merchant[Oa].StateSince;

        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Renew(Oa, CoreMerchant.Start.AddDays(100)));

        Assert.Equal((false, CoreMerchant.Start.AddDays(100)), (merchant[Oa].ExpiresSoon, merchant[Oa].ExpiresAt));
        Assert.Equal(since, merchant[Oa].StateSince);
        Assert.Equal(CoreMerchant.Start.AddDays(93), merchant.NextDeadline);
    }

    [Fact]
    public void A_token_that_expires_within_the_warning_time_is_warned_of_once_even_if_renewed()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddHours(25));
        Assert.Single(Warnings());
        merchant.ExpectUnchanged(Tick());

        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Renew(Oa, CoreMerchant.Start.AddHours(49)));

        Assert.True(merchant[Oa].ExpiresSoon);
        Assert.Single(Warnings());
        merchant.ExpectUnchanged(Tick());

        IEnumerable<Change> Warnings() => merchant.History.SelectMany(c => c.Changes).Where(c => c is Change.ExpiryWarning);
    }

    [Fact]
    public void A_grant_or_renewal_whose_expiry_has_passed_is_refused()
    {
        var id = merchant.Request(Oa);
        merchant.ExpectRefused<Fault.ExpiryInPast>(Grant(id, merchant.Now));
        merchant.ExpectChanged(Grant(id, merchant.Now + OneTick));

        merchant.ExpectRefused<Fault.ExpiryInPast>(Renew(Oa, merchant.Now));
        merchant.ExpectChanged(Renew(Oa, merchant.Now + OneTick));
    }

    [Fact]
    public void A_session_times_out_after_fifteen_minutes_and_its_page_is_refused()
    {
        var id = merchant.Request(Oa);
        Assert.Equal(CoreMerchant.Start.AddMinutes(15), merchant.NextDeadline);

        merchant.At(CoreMerchant.Start.AddMinutes(15) - OneTick).ExpectUnchanged(Tick());
        merchant.At(CoreMerchant.Start.AddMinutes(15)).ExpectChanged(Tick());

        Assert.Equal(SessionStep.TimedOut, merchant.StepOf(id));
        Assert.Equal((State.Refused, Cause.SessionTimedOut), (merchant[Oa].State, merchant[Oa].Cause));
        Assert.Null(merchant.NextDeadline);
    }

    [Fact]
    public void A_session_without_a_page_times_out()
    {
        var id = merchant.OpenSession(Oa);

        merchant.RunNextDeadline();

        Assert.Equal(SessionStep.TimedOut, merchant.StepOf(id));
        Assert.Empty(merchant.Session(id).Candidates);
        Assert.Empty(merchant.Record.Connections);
    }

    [Fact]
    public void A_tick_does_everything_that_is_due_in_one_commit()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddMinutes(10));
        merchant.Connect(Fanpage, CoreMerchant.Start.AddDays(7).AddMinutes(1));
        merchant.BeginSession(Provider.Zalo);
        merchant.BeginSession(Provider.Facebook);
        var revision = merchant.Record.Revision;

        var changed = merchant.At(CoreMerchant.Start.AddMinutes(15)).ExpectChanged(Tick());

        Assert.Equal((revision + 1, 4), (merchant.Record.Revision, changed.Changes.Length));
        merchant.ExpectUnchanged(Tick());
    }

    [Fact]
    public void NextDeadline_is_the_earliest_timeout_warning_or_expiry()
    {
        Assert.Null(merchant.NextDeadline);

        merchant.Connect(Oa, CoreMerchant.Start.AddDays(20));
        Assert.Equal(CoreMerchant.Start.AddDays(13), merchant.NextDeadline);
        merchant.BeginSession(Provider.Zalo);
        Assert.Equal(CoreMerchant.Start.AddMinutes(15), merchant.NextDeadline);
        merchant.RunNextDeadline();
        merchant.RunNextDeadline();
        Assert.Equal(CoreMerchant.Start.AddDays(20), merchant.NextDeadline);
        merchant.RunNextDeadline();

        Assert.Null(merchant.NextDeadline);
    }

    [Fact]
    public void A_refused_expiry_is_reported_with_the_current_time()
    {
        var id = merchant.Request(Oa);
        var past = merchant.Now.AddDays(-1);

        Assert.Equal(new Fault.ExpiryInPast(past, merchant.Now), merchant.ExpectRefused<Fault.ExpiryInPast>(Grant(id, past)));
    }

    [Fact]
    public void A_token_given_exactly_seven_days_before_its_expiry_is_warned_of_at_once()
    {
        Assert.True(merchant.Connect(Oa, CoreMerchant.Start.AddDays(7)).ExpiresSoon);
        Assert.False(merchant.Connect(Fanpage, CoreMerchant.Start.AddDays(7) + OneTick).ExpiresSoon);
    }

    [Fact]
    public void A_revoked_page_has_no_expiry()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddDays(30));

        Assert.Null(merchant.ReportLoss(Oa, Signal.PermissionRevoked).KnownExpiry);
    }

    [Fact]
    public void R14_A_page_expired_by_a_signal_does_not_show_an_expiry_in_the_future()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddDays(365));

        merchant.After(TimeSpan.FromDays(1)).ReportLoss(Oa, Signal.TokenExpired);

        Assert.Equal(merchant.Now, merchant[Oa].KnownExpiry);
    }

    [Fact]
    public void R14_A_page_expired_late_shows_when_its_token_expired()
    {
        merchant.Connect(Oa, CoreMerchant.Start.AddDays(1));

        merchant.At(CoreMerchant.Start.AddDays(3)).ExpectChanged(Tick());

        Assert.Equal((merchant.Now, CoreMerchant.Start.AddDays(1)), (merchant[Oa].StateSince, merchant[Oa].KnownExpiry));
    }

    [Fact]
    public void A_renewal_whose_expiry_has_passed_is_refused_for_that_even_if_the_page_cannot_be_renewed()
    {
        merchant.Connect(Oa);
        merchant.ReportLoss(Oa, Signal.PageDeleted);

        merchant.ExpectRefused<Fault.ExpiryInPast>(Renew(Oa, merchant.Now));
    }
}
