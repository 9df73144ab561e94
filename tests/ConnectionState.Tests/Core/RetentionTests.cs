using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>What a record keeps, and how repeated requests are answered.</summary>
public class RetentionTests
{
    private readonly CoreMerchant merchant = new();

    [Fact]
    public void The_newest_fifty_tombstones_are_kept()
    {
        var listed = Pages.Oa(1);
        merchant.Connect(listed);
        for (var number = 1; number <= 52; number++)
        {
            merchant.Connect(Pages.Fanpage(number));
            merchant.ExpectChanged(Disconnect(Pages.Fanpage(number)));
        }

        Assert.Equal(51, merchant.Record.Connections.Length);
        Assert.Null(merchant.Record.Find(Pages.Fanpage(2)));
        Assert.Equal((State.Disconnected, 4L), (merchant[Pages.Fanpage(3)].State, merchant[Pages.Fanpage(3)].Order));
        Assert.Equal(State.Connected, merchant[listed].State);
    }

    [Fact]
    public void The_tombstone_kept_is_the_one_that_left_the_list_last()
    {
        var merchant = new CoreMerchant(new Rules { Retention = new() { Tombstones = 1 } });
        merchant.Connect(Pages.Oa(1));
        merchant.Connect(Pages.Oa(2));

        merchant.ExpectChanged(Disconnect(Pages.Oa(2)));
        merchant.ExpectChanged(Disconnect(Pages.Oa(1)));

        Assert.Equal([Pages.Oa(1)], merchant.Record.Connections.Select(c => c.Page));
    }

    [Fact]
    public void The_newest_twenty_sessions_are_kept()
    {
        var ids = Enumerable.Range(0, 22).Select(_ => NewEndedSession()).ToList();

        Assert.Equal(ids.Skip(2), merchant.Record.Sessions.Select(s => s.Id));
    }

    [Fact]
    public void An_open_session_is_not_dropped_in_favor_of_ended_ones()
    {
        var open = merchant.BeginSession(Provider.Zalo);
        for (var more = 0; more < 30; more++)
        {
            NewEndedSession();
        }

        Assert.Equal(SessionStep.SignIn, merchant.StepOf(open));
        Assert.Equal(20, merchant.Record.Sessions.Count(s => !s.IsOpen));
    }

    [Fact]
    public void A_repeated_request_returns_the_revision_of_the_first()
    {
        var command = SetPlan(Plan.Trial) with { Origin = CoreMerchant.NewOrigin("r1", 7) };
        merchant.ExpectChanged(command);
        merchant.ExpectChanged(SetPlan(Plan.Standard));

        var repeated = Assert.IsType<Decision.Repeated>(merchant.Execute(command));

        Assert.Equal((1, 2), (repeated.Request.Revision, repeated.Record.Revision));
        Assert.Equal(Plan.Standard, merchant.Quota.Plan);
    }

    [Fact]
    public void A_repeated_BeginConnect_returns_the_session_of_the_first()
    {
        merchant.ExpectChanged(Begin("first", Provider.Zalo) with { Origin = CoreMerchant.NewOrigin("r1", 7) });

        // The service generates a new session id for each attempt.
        var repeated = Assert.IsType<Decision.Repeated>(merchant.Execute(Begin("second", Provider.Zalo) with { Origin = CoreMerchant.NewOrigin("r1", 7) }));

        Assert.Equal("first", repeated.Request.SessionId);
        Assert.Null(merchant.Record.FindSession("second"));
    }

    [Fact]
    public void A_request_id_reused_for_another_request_is_refused()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial) with { Origin = CoreMerchant.NewOrigin("r1", 7) });

        var fault = merchant.ExpectRefused<Fault.RequestIdReused>(SetPlan(Plan.Standard) with { Origin = CoreMerchant.NewOrigin("r1", 8) });

        Assert.Equal("r1", fault.RequestId);
    }

    [Fact]
    public void A_request_without_an_id_is_not_remembered()
    {
        merchant.ExpectChanged(SetPlan(Plan.Trial));

        Assert.Empty(merchant.Record.Requests);
        merchant.ExpectChanged(SetPlan(Plan.Standard));
        merchant.ExpectChanged(SetPlan(Plan.Trial));
    }

    [Fact]
    public void A_refused_request_is_not_remembered_and_can_be_retried()
    {
        var renew = Renew(Pages.Oa(1)) with { Origin = CoreMerchant.NewOrigin("r1", 7) };
        merchant.ExpectRefused<Fault.ConnectionNotFound>(renew);
        merchant.Connect(Pages.Oa(1));

        merchant.ExpectChanged(renew);
    }

    [Fact]
    public void The_newest_sixty_four_request_ids_are_kept()
    {
        for (var number = 0; number < 66; number++)
        {
            merchant.ExpectChanged(SetPlan(Plan.Standard, number) with { Origin = CoreMerchant.NewOrigin($"r{number}") });
        }

        Assert.Equal(Enumerable.Range(2, 64).Select(number => $"r{number}"), merchant.Record.Requests.Select(r => r.Id));
    }

    // Whether they are loaded or not: the timer does not load them.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Requests_are_remembered_among_the_newest_thousand_commits(bool loaded)
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, 1) with { Origin = CoreMerchant.NewOrigin("r1") });
        merchant.ExpectChanged(SetPlan(Plan.Standard, 2) with { Origin = CoreMerchant.NewOrigin("r2") });
        var record = merchant.Record;
        record = loaded ? record : record with { RequestSpan = record.RequestSpan };
        for (var number = 3; number <= 1_000; number++)
        {
            Change(number);
        }

        Assert.Equal(new RequestSpan(1, 2), record.RequestSpan);
        Change(1_001);
        Assert.Equal(new RequestSpan(2, 2), record.RequestSpan);
        Assert.Equal(loaded, record.Parts.HasFlag(MerchantParts.Requests));
        Assert.Equal(loaded ? ["r2"] : [], loaded ? record.Requests.Select(r => r.Id) : []);
        Change(1_002);
        Assert.Equal(default, record.RequestSpan);
        Assert.Empty(record.Requests);

        void Change(int number) =>
            record = Assert.IsType<Decision.Changed>(merchant.Decide(SetPlan(Plan.Standard, number), record)).Record;
    }

    private string NewEndedSession()
    {
        var id = merchant.BeginSession(Provider.Zalo);
        merchant.ExpectChanged(Refuse(id));
        return id;
    }
}
