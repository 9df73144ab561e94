using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.TestSupportTests.Histories;

/// <summary>The history checker reports nothing for a correct history, and exactly the one thing that a test made wrong.</summary>
public sealed class HistoryCheckerTests(SampleHistoryFixture fixture) : IClassFixture<SampleHistoryFixture>
{
    private const int Last = 7;

    private SampleHistory Good => fixture.SampleHistory;

    private PageList FinalList => Good.History.FinalList;

    [Fact]
    public void A_correct_history_has_no_violations()
    {
        Assert.Equal(Last, Good.History.Entries.Count);
        Assert.Empty(Good.Check());
    }

    [Fact]
    public void A_lost_update_is_found() =>
        AssertFound("lost", Good.Ending(Last - 1, ListBefore()));

    [Fact]
    public void A_stale_read_is_found() =>
        AssertFound("stale", Good.WithList(Good.ReadOf(5), Good.ReadOf(4).List));

    [Fact]
    public void A_read_of_the_future_is_found() =>
        AssertFound("future", Good.WithList(Good.ReadOf(4), Good.ReadOf(5).List));

    [Fact]
    public void A_duplicate_commit_is_found()
    {
        var again = Good.History.Entries[^1].Changes.Select(c => But(c, copy => copy.Revision++));

        AssertFound("duplicate", Good.Ending(Last, NextList(list => list.Connections[0].Revision++), again));
    }

    [Fact]
    public void A_revision_that_two_replicas_gave_to_different_commits_is_found()
    {
        var (other, reply) = (SampleHistory.Renew("renewal-3", days: 90), Reply<RenewGrantResponse>("renewal-2").Clone());
        reply.Connection.ExpiresAt = other.ExpiresAt;

        AssertFound("split", Good.With(Good["renewal-2"] with
        {
            Request = other,
            RequestId = other.RequestId,
            Replica = "a",
            Outcome = new Outcome.Answered(reply),
        }));
    }

    [Fact]
    public void An_unrequested_commit_is_found()
    {
        var unrequested = But(Good.History.Entries[0].Changes[0], change =>
        {
            (change.Revision, change.RequestId, change.PlanChanged.BoughtPages, change.PlanChanged.Limit) = (Last + 1, "nobodys", 2, 5);
        });

        AssertFound("unrequested", Good.Ending(Last, NextList(list => (list.Quota.Bought, list.Quota.Limit) = (2, 5)), unrequested));
    }

    [Theory]
    [InlineData("connectionstate:claim", "")]
    [InlineData("connectionstate:timer", "nobodys")]
    public void A_commit_that_the_service_does_not_make_by_itself_is_found(string actor, string requestId)
    {
        var unrequested = But(Good.History.Entries[^1].Changes[0], change =>
            (change.Revision, change.Actor, change.RequestId) = (Last + 1, actor, requestId));

        AssertFound("unrequested", Good.Ending(Last, NextList(_ => { }), unrequested));
    }

    [Fact]
    public void A_refused_command_that_is_in_the_history_is_found() =>
        AssertFound("refusal", Good.With(Good["plan"] with { Outcome = Refused(ErrorReason.ConnectionNotFound) }));

    [Fact]
    public void A_refusal_that_no_state_explains_is_found() =>
        AssertFound("refusal", Good.With(Good["refused"] with { Outcome = Refused(ErrorReason.PageAlreadyConnected) }));

    [Fact]
    public void A_refusal_with_wrong_metadata_is_found() => AssertFound("refusal", Good.With(Good["refused"] with
    {
        Outcome = Refused(ErrorReason.ConnectionNotFound, ("provider", "FACEBOOK"), ("page_id", ApiMerchant.C.PageId)),
    }));

    [Fact]
    public void A_wrong_decision_is_found()
    {
        var wrong = But(Good.History.Entries[^1].Changes[0], change => change.Transition.To = Connection.Types.State.Expired);

        AssertFound("decision", Good.Ending(Last - 1, FinalList, wrong));
    }

    [Fact]
    public void A_commit_order_against_real_time_is_found()
    {
        var end = Good["renewal-2"].Returned;

        AssertFound("order", Good.With(Good["renewal-1"] with { Invoked = end + 1, Returned = end + 2 }));
    }

    [Fact]
    public void A_gap_is_found()
    {
        var ahead = Good.History.Entries[^1].Changes.Select(c => But(c, copy => copy.Revision++));

        AssertFound("gap", Good.Ending(Last - 1, FinalList, ahead));
    }

    [Fact]
    public void A_read_list_that_contradicts_the_history_is_found() =>
        AssertFound("list", Good.WithList(Good.ReadOf(5), But(Good.ReadOf(5).List, list => list.Quota.Used++)));

    [Fact]
    public void Two_lists_of_one_revision_are_found()
    {
        var read = Good.ReadOf(5);
        var other = read with { List = But(read.List, list => list.Connections.Clear()) };

        AssertFound("split", Good with { Recording = Good.Recording with { Reads = [.. Good.Recording.Reads, other] } });
    }

    [Fact]
    public void A_final_list_that_contradicts_the_history_is_found() =>
        AssertFound("list", Good.Ending(Last, But(FinalList, list => list.Connections.Clear())));

    [Fact]
    public void An_answer_that_contradicts_the_history_is_found()
    {
        var reply = But(Reply<RenewGrantResponse>("renewal-1"), reply => reply.Connection.ExpiresAt = new Timestamp { Seconds = 1 });

        AssertFound("answer", Good.With(Good["renewal-1"] with { Outcome = new Outcome.Answered(reply) }));
    }

    [Fact]
    public void An_answer_without_a_session_that_is_kept_is_found() =>
        AssertFound("answer", Good.With(Good["grant"] with { Outcome = new Outcome.Answered(new GrantResponse()) }));

    [Fact]
    public void A_late_signal_that_was_answered_as_a_repeat_is_found()
    {
        var reply = But(Reply<ReportSignalResponse>("late"), reply => reply.Outcomes[0].Result = SignalOutcome.Types.Result.Unchanged);

        AssertFound("lost", Good.With(Good["late"] with { Outcome = new Outcome.Answered(reply) }));
    }

    [Fact]
    public void A_failure_that_the_API_does_not_permit_is_found() => AssertFound("failure", Good with
    {
        Recording = Good.Recording with { Failures = [new Failure(SampleHistory.Merchant, 1, 2, "a", "GetPageList failed with Internal")] },
    });

    [Theory]
    [InlineData("renewal-2")]
    [InlineData("refused")]
    public void An_operation_with_unknown_outcome_may_be_in_the_history_or_not(string requestId) =>
        Assert.Empty(Good.With(Good[requestId] with { Outcome = new Outcome.Unknown(Grpc.Core.StatusCode.Unavailable) }).Check());

    private static void AssertFound(string kind, SampleHistory bad) =>
        Assert.StartsWith($"{kind}: ", Assert.Single(bad.Check()), StringComparison.Ordinal);

    private static T But<T>(T message, Action<T> change) where T : Google.Protobuf.IDeepCloneable<T>
    {
        var copy = message.Clone();
        change(copy);
        return copy;
    }

    private T Reply<T>(string requestId) => (T)((Outcome.Answered)Good[requestId].Outcome).Reply;

    private static Outcome.Refused Refused(ErrorReason reason, params (string Key, string Value)[] metadata) =>
        new(reason, metadata.ToDictionary(m => m.Key, m => m.Value));

    // The list before the second renewal.
    private PageList ListBefore() => But(FinalList, list =>
    {
        list.Revision--;
        list.Connections[0] = Reply<RenewGrantResponse>("renewal-1").Connection;
    });

    private PageList NextList(Action<PageList> change) => But(FinalList, list =>
    {
        list.Revision++;
        change(list);
    });
}
