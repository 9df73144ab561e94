using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>The parts of a merchant are bounded in bytes.</summary>
public class RecordSizeTests
{
    private const int Header = SealedBytes.HeaderLength;

    [Property(MaxTest = 1_000, StartSize = 60, EndSize = 60)]
    public void The_size_of_a_page_list_part_is_never_below_its_stored_bytes(RecordSeed[] seeds)
    {
        var record = RecordSeed.Record(seeds);

        Assert.InRange(RecordCodec.EncodePageList(record).Length - Header, 0, RecordSize.OfPageList(record));
    }

    [Property(MaxTest = 1_000, StartSize = 60, EndSize = 60)]
    public void The_size_of_candidates_is_never_below_their_stored_bytes(RecordSeed[] seeds)
    {
        foreach (var session in RecordSeed.Record(seeds).Sessions)
        {
            var overhead = Header + 100 + session.Id.Length;
            Assert.InRange(RecordCodec.EncodeCandidates("m1", session).Length - overhead, int.MinValue, RecordSize.OfCandidates(session.Candidates));
        }
    }

    [Fact]
    public void Each_byte_of_a_text_counts()
    {
        var merchant = new CoreMerchant();
        var connection = merchant.Connect(Pages.Fanpage(1));
        merchant.ReportLoss(Pages.Fanpage(1));
        var record = merchant.Record;
        var (lost, session) = (merchant[Pages.Fanpage(1)], record.Sessions[0] with { Account = Pages.Owner, ReconnectPageId = "1", PageId = "1" });
        record = record.With(session);
        var size = RecordSize.OfPageList(record);
        Connection[] connections =
        [
            lost with { PageName = lost.PageName + "five." },
            lost with { AccountId = lost.AccountId + "five." },
            lost with { LossEvidence = lost.LossEvidence! with { ReportedBy = lost.LossEvidence!.ReportedBy + "five." } },
        ];
        ConnectSession[] sessions =
        [
            session with { ReconnectPageId = session.ReconnectPageId + "five." },
            session with { PageId = session.PageId + "five." },
            session with { Account = Pages.Owner with { Id = Pages.Owner.Id + "five." } },
            session with { Account = Pages.Owner with { Name = Pages.Owner.Name + "five." } },
        ];

        Assert.All(connections, longer => Assert.Equal(size + 5, RecordSize.OfPageList(record.With(longer))));
        Assert.All(sessions, longer => Assert.Equal(size + 5, RecordSize.OfPageList(record.With(longer))));
        Assert.True(RecordSize.OfPageList(record.With(Suspect(1))) > size);
        Assert.True(RecordSize.OfPageList(record.With(Suspect(2))) > RecordSize.OfPageList(record.With(Suspect(1))));

        // The id of a page, of a session: one more of each, once with a longer id.
        var page = connection with { Page = new(Provider.Facebook, "page"), Order = 99 };
        Assert.Equal(
            RecordSize.OfPageList(record.With(page)) + 5, RecordSize.OfPageList(record.With(page with { Page = new(Provider.Facebook, "page-five") })));
        Assert.Equal(
            RecordSize.OfPageList(record.With(session with { Id = "s" })) + 5, RecordSize.OfPageList(record.With(session with { Id = "s-five" })));

        Connection Suspect(int meanings) => lost with
        {
            Suspicion = new(
                lost.StateSince,
                [.. Enumerable.Repeat(new SoftSignals(Signal.TokenExpired, 1, lost.StateSince, lost.StateSince), meanings)],
                lost.LossEvidence!),
        };
    }

    [Fact]
    public void A_task_of_several_candidates_is_counted_once()
    {
        int[] sizes =
        [
            .. new string[][][] { [["MANAGE"], []], [["MANAGE"], ["MANAGE"]], [["MANAGE"], ["MODERATE"]] }
                .Select(tasks => RecordSize.OfCandidates([.. tasks.Select(all => new Candidate("page", "A page", PageRole.Admin, [.. all]))])),
        ];

        Assert.InRange(sizes[1] - sizes[0], 1, "MANAGE".Length - 1);
        Assert.InRange(sizes[2] - sizes[1], "MODERATE".Length, "MODERATE".Length + 16);
    }

    [Fact]
    public void Candidates_of_exactly_the_bound_are_accepted()
    {
        var merchant = new CoreMerchant();
        var session = merchant.BeginSession(Provider.Facebook);
        Candidate[] most = [.. Enumerable.Range(0, 4_000).Select(n => new Candidate($"page-{n}", new string('x', 400), PageRole.Admin, []))];
        var last = new Candidate("last", "", PageRole.Admin, []);
        var left = RecordSize.MaxCandidates - RecordSize.OfCandidates([.. most, last]);
        Assert.InRange(left, 1, RecordSize.MaxCandidates);

        merchant.ExpectRefused<Fault.RecordTooLarge>(SignIn(session, [.. most, last with { Name = new string('x', left + 1) }]));
        merchant.ExpectChanged(SignIn(session, [.. most, last with { Name = new string('x', left) }]));
    }

    [Fact]
    public void A_full_merchant_with_usual_texts_takes_a_third_of_the_bound()
    {
        var merchant = new CoreMerchant();
        for (var number = 1; number <= 60; number++)
        {
            merchant.Connect(Pages.Fanpage(number));
            merchant.ExpectChanged(Disconnect(Pages.Fanpage(number)));
        }

        for (var number = 1; number <= 3; number++)
        {
            merchant.Connect(Pages.Oa(number));
        }

        Assert.Equal((53, 20), (merchant.Record.Connections.Length, merchant.Record.Sessions.Length));
        Assert.InRange(RecordSize.OfPageList(merchant.Record), 1, RecordSize.MaxPageList / 3);
    }

    [Fact]
    public void A_merchant_at_the_bound_can_still_lose_renew_and_disconnect_pages()
    {
        var merchant = new CoreMerchant();
        Fill(merchant);

        var fault = merchant.ExpectRefused<Fault.RecordTooLarge>(Begin("next", Provider.Facebook));

        Assert.Equal((MerchantParts.PageList, RecordSize.MaxPageList), (fault.Part, fault.Limit));
        Assert.InRange(fault.Size, RecordSize.MaxPageList + 1, RecordSize.MaxPageList + 1_000);
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Renew(Pages.Fanpage(1)));
        merchant.ExpectChanged(Report(Pages.Fanpage(2), Signal.PermissionRevoked));
        merchant.ExpectChanged(Disconnect(Pages.Fanpage(3)));
    }

    // The bound was lower than what is stored, or the service wrote it before there was one.
    [Fact]
    public void A_merchant_beyond_the_bound_can_do_what_makes_it_no_larger()
    {
        var merchant = new CoreMerchant();
        var listed = merchant.Connect(Pages.Fanpage(1));
        var session = merchant.BeginSession(Provider.Facebook);
        var account = Pages.Owner with { Name = "A name of some length" };
        merchant.ExpectChanged(SignInAs(session, account, Pages.Fanpage(2).Offered()));
        var large = merchant.Record.With(listed with { PageName = new string('x', RecordSize.MaxPageList) });

        Assert.IsType<Decision.Changed>(Decide(account with { Name = "A name" }));
        Assert.IsType<Decision.Changed>(Decide(account));
        Assert.IsType<Fault.RecordTooLarge>(Assert.IsType<Decision.Refused>(Decide(account with { Name = "A name of some more length" })).Fault);

        Decision Decide(Account signedIn) => merchant.Decide(SignInAs(session, signedIn, Pages.Fanpage(3).Offered()), large);
    }

    /// <summary>Connects pages, and then begins sessions, until none can be begun.</summary>
    internal static void Fill(CoreMerchant merchant)
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, 1_000));
        for (var number = 1; RecordSize.OfPageList(merchant.Record) < RecordSize.MaxPageList - 1_000; number++)
        {
            merchant.Connect(Pages.Fanpage(number));
        }

        while (merchant.Execute(Begin(merchant.NewSessionId(), Provider.Facebook)) is Decision.Changed)
        {
        }
    }

    [Fact]
    public void Candidates_beyond_the_bound_are_refused()
    {
        var merchant = new CoreMerchant();
        var session = merchant.BeginSession(Provider.Facebook);
        Candidate[] candidates = [.. Enumerable.Range(0, 5_000).Select(n => new Candidate($"page-{n}", new string('x', 400), PageRole.Admin, []))];

        var fault = merchant.ExpectRefused<Fault.RecordTooLarge>(SignIn(session, candidates));
        Assert.Equal((MerchantParts.Candidates, RecordSize.MaxCandidates), (fault.Part, fault.Limit));

        merchant.ExpectChanged(SignIn(session, [.. candidates.Select(c => c with { Name = new string('x', 40) })]));
    }

    [Fact]
    public void The_candidates_of_all_sessions_of_a_merchant_count_together()
    {
        var merchant = new CoreMerchant();
        string[] sessions = [merchant.BeginSession(Provider.Facebook), merchant.BeginSession(Provider.Zalo)];
        Candidate[] half = [.. Enumerable.Range(0, 3_000).Select(n => new Candidate($"page-{n}", new string('x', 300), PageRole.Admin, []))];
        Assert.InRange(RecordSize.OfCandidates([.. half]), (RecordSize.MaxCandidates / 2) + 1, RecordSize.MaxCandidates);
        merchant.ExpectChanged(SignIn(sessions[0], half));

        var fault = merchant.ExpectRefused<Fault.RecordTooLarge>(SignIn(sessions[1], half));

        Assert.Equal(
            (MerchantParts.Candidates, 2 * RecordSize.OfCandidates([.. half]), RecordSize.MaxCandidates), (fault.Part, fault.Size, fault.Limit));
        merchant.ExpectChanged(SignIn(sessions[0], half));
        merchant.ExpectChanged(SignIn(sessions[0], half[..10]));
        merchant.ExpectChanged(SignIn(sessions[1], half));
        Assert.Equal(RecordSize.OfCandidates([.. half[..10]]) + RecordSize.OfCandidates([.. half]), RecordSize.OfCandidates(merchant.Record));
        merchant.ExpectChanged(Refuse(sessions[1]));
        Assert.Equal(RecordSize.OfCandidates([.. half[..10]]), RecordSize.OfCandidates(merchant.Record));
    }
}
