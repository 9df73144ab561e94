using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>A command is never decided on a merchant of which a part that it needs is not loaded.</summary>
public class MerchantPartsTests
{
    private readonly CoreMerchant merchant = new();

    [Fact]
    public void A_page_list_part_has_the_empty_parts_alone()
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, 1));
        Assert.Equal(MerchantParts.All, PageListPart().Parts);

        merchant.ExpectChanged(SetPlan(Plan.Standard, 2) with { Origin = CoreMerchant.NewOrigin("r1") });
        Assert.Equal(MerchantParts.Candidates, PageListPart().Parts);

        merchant.OpenSession(Pages.Oa(1));
        Assert.Equal(MerchantParts.PageList, PageListPart().Parts);
    }

    [Fact]
    public void A_part_that_is_not_loaded_cannot_be_used()
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, 2) with { Origin = CoreMerchant.NewOrigin("r1") });
        var session = merchant.OpenSession(Pages.Oa(1));
        var record = PageListPart();

        Assert.Throws<InvalidOperationException>(() => record.Requests);
        Assert.Throws<InvalidOperationException>(() => record.FindSession(session)!.Candidates);
        Assert.Equal(new RequestSpan(1, 1), record.RequestSpan);
        Assert.Equal(3, record.FindSession(session)!.CandidatesRevision);
    }

    [Fact]
    public void A_command_with_a_request_id_needs_the_requests()
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, 1) with { Origin = CoreMerchant.NewOrigin("r1") });

        var command = SetPlan(Plan.Standard, 2) with { Origin = CoreMerchant.NewOrigin("r2") };

        Assert.Throws<ArgumentException>(() => merchant.Decide(command, PageListPart()));
        Assert.IsType<Decision.Changed>(merchant.Decide(command, WithRequests()));
    }

    [Fact]
    public void A_command_without_a_request_id_keeps_the_revisions_of_requests_that_are_not_loaded()
    {
        merchant.ExpectChanged(SetPlan(Plan.Standard, 1) with { Origin = CoreMerchant.NewOrigin("r1") });

        var decision = Assert.IsType<Decision.Changed>(merchant.Decide(SetPlan(Plan.Standard, 2), PageListPart()));

        Assert.Equal((2, new RequestSpan(1, 1)), (decision.Record.Revision, decision.Record.RequestSpan));
        Assert.False(decision.Record.Parts.HasFlag(MerchantParts.Requests));
    }

    [Fact]
    public void ChoosePage_and_a_deleted_page_need_the_candidates()
    {
        var session = merchant.OpenSession(Pages.Oa(1));

        Assert.Throws<ArgumentException>(() => merchant.Decide(Choose(session, Pages.Oa(1)), PageListPart()));
        Assert.Throws<ArgumentException>(() => merchant.Decide(Report(Pages.Oa(1), Signal.PageDeleted), PageListPart()));
    }

    // A need that is missing in Command.Needs shows as an exception here.
    [Property(MaxTest = 1_000, StartSize = 40, EndSize = 40)]
    public void A_decision_on_the_parts_that_a_command_needs_is_the_decision_on_all(CommandSeed[] seeds)
    {
        var merchant = new CoreMerchant(new Rules { StandardPages = 2 });
        foreach (var seed in seeds)
        {
            var command = CommandGenerator.Next(merchant, seed);
            CommandGenerator.AdvanceClock(merchant, command);
            var part = Load(merchant.Record, command.Needs);

            var expected = merchant.Decide(command);
            var actual = merchant.Decide(command, part);

            Assert.Equal(expected.GetType(), actual.GetType());
            if ((expected, actual) is (Decision.Changed all, Decision.Changed some))
            {
                Assert.Equal(RecordCodec.EncodePageList(all.Record), RecordCodec.EncodePageList(some.Record));
                Assert.Equal(all.Record.RequestSpan, some.Record.RequestSpan);
                Assert.Equal(all.Record.Sessions.Select(s => s.CandidatesRevision), some.Record.Sessions.Select(s => s.CandidatesRevision));
            }

            merchant.Execute(command);
        }
    }

    private MerchantRecord PageListPart() => Load(merchant.Record, MerchantParts.PageList);

    private MerchantRecord WithRequests() => Load(merchant.Record, MerchantParts.Requests);

    private static MerchantRecord Load(MerchantRecord record, MerchantParts parts)
    {
        var part = RecordCodec.DecodePageList(record.MerchantId, record.Revision, RecordCodec.EncodePageList(record));
        if (parts.HasFlag(MerchantParts.Requests))
        {
            part = part with { Requests = record.Requests };
        }

        return parts.HasFlag(MerchantParts.Candidates) ? part with { Sessions = record.Sessions } : part;
    }
}
