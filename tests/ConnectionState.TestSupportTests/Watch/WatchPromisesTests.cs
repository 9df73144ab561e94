using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.Collections;
using Grpc.Core;
using static ConnectionStateService.TestSupportTests.Watch.SampleStreams;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.TestSupportTests.Watch;

/// <summary>The checks of the watch promises report every stream that breaks a promise, and no correct stream.</summary>
public sealed class WatchPromisesTests
{
    private static readonly WatchExpectations Small = new() { CheckpointInterval = Interval, KeptCommits = 5, BufferedChanges = 3, MaxChanges = 4 };

    private static readonly ReceivedMessage Initial = Snapshot(Reason.Initial, 2);

    // The broken promise and a stream that breaks it.
    private static readonly Dictionary<string, (string Promise, RecordedStream Stream)> Bad = new()
    {
        ["a gap"] = ("reliable", Stream(null, Initial, Changes(3), Changes(5))),
        ["a gap within a message"] = ("reliable", Stream(null, Initial, Changes(3, 5))),
        ["a gap that is hidden by a checkpoint"] = ("reliable", Stream(null, Initial, Checkpoint(3), Changes(4))),
        ["changes without a list before them"] = ("reliable", Stream(null, Changes(3))),
        ["a message of nothing"] = ("reliable", Stream(null, Initial, Changes(3).But(m => m.ClearKind()))),
        ["a token that is none"] = ("reliable", Stream(null, Initial, Changes(3).But(m => m.ResumeToken = "none"))),
        ["another merchant's token"] = ("reliable", Stream(null, Initial, Changes(3).But(m => m.ResumeToken = Foreign))),
        ["a duplicate"] = ("unique", Stream(null, Initial, Changes(3), Changes(3))),
        ["a duplicate in a longer message"] = ("unique", Stream(null, Initial, Changes(3), Changes(3, 4))),
        ["a duplicate of what the list covers"] = ("unique", Stream(null, Initial, Changes(2, 3))),
        ["a reorder"] = ("ordered", Stream(null, Initial, Changes(4), Changes(3))),
        ["a reorder within a message"] = ("ordered", Stream(null, Initial, Changes(3, 5, 4))),
        ["an older list"] = ("ordered", Stream(null, Initial, Changes(3, 4), Snapshot(Reason.HistoryTrimmed, 3))),
        ["a token of another revision"] = ("ordered", Stream(null, Initial, Changes(3).But(m => m.ResumeToken = Token(4)))),
        ["half a commit"] = ("atomic", Stream(null, Initial, Changes(3, 4).But(m => m.Changes.Changes_.RemoveAt(2)))),
        ["a split commit"] = ("atomic", Stream(null, Initial, Changes(3), Half(0), Half(1))),
        ["a commit in another order"] = ("atomic", Stream(null, Initial, Changes(3, 4).But(m => Swap(m.Changes.Changes_)))),
        ["a checkpoint of the future"] = ("checkpointed", Stream(null, Initial, Changes(3), Checkpoint(13))),
        ["a checkpoint of what was not told yet"] = ("checkpointed", Stream(null, Initial, Changes(3), Checkpoint(4))),
        ["a checkpoint of the past"] = ("checkpointed", Stream(null, Initial, Changes(3), Checkpoint(2))),
        ["a checkpoint of another history"] = ("checkpointed", Stream(null, Initial, Changes(3, 4, 5, 6), Checkpoint(6, other: true))),
        ["a checkpoint that names another revision"] = ("checkpointed",
            Stream(null, Initial, Checkpoint(2).But(m => m.Checkpoint.Revision++))),
        ["a checkpoint of the future after a token"] = ("checkpointed", Stream(Token(3), Checkpoint(4))),
        ["a checkpoint long after something newer"] = ("checkpointed",
            Stream(Token(3), Checkpoint(3) with { At = TimeSpan.FromSeconds(12) })),
        ["a silence"] = ("checkpointed", Stream(null, Initial, Checkpoint(2) with { At = TimeSpan.FromSeconds(30) })),
        ["a silence before the first message"] = ("checkpointed", Stream(null, Initial with { At = TimeSpan.FromSeconds(30) })),
        ["a silence before the end"] = ("checkpointed",
            Stream(null, Initial) with { Ending = new(true, default, default, TimeSpan.FromSeconds(40)) }),
        ["an interval in a later message"] = ("checkpointed", Stream(null, Initial, Changes(3).But(m => m.CheckpointInterval = new()))),
        ["a token that resumes twice"] = ("resumable", Stream(Token(3), Changes(3, 4))),
        ["a resume that skips"] = ("resumable", Stream(Token(3), Changes(5))),
        ["a resume that skips in silence"] = ("resumable", Stream(Token(3), Checkpoint(5))),
        ["a resume that goes back"] = ("resumable", Stream(Token(3), Checkpoint(2))),
        ["a fresh start after a token"] = ("resumable", Stream(Token(3), Snapshot(Reason.Initial, 12))),
        ["a fresh start after a token that is none"] = ("resumable", Stream("none", Snapshot(Reason.Initial, 12))),
        ["a snapshot without a reason"] = ("resumable", Stream(Token(3), Snapshot(Reason.Unspecified, 12))),
        ["a fresh start amid a stream"] = ("resumable", Stream(null, Initial, Snapshot(Reason.Initial, 3))),
        ["trimmed, but it is kept"] = ("resumable", Stream(Token(8), Snapshot(Reason.HistoryTrimmed, 12))),
        ["replaced, but it was not"] = ("resumable", Stream(Token(7), Snapshot(Reason.HistoryReplaced, 12))),
        ["two histories as one"] = ("one history", Stream(Token(7), Changes(other: true, 8, 9))),
        ["two histories as one, amid a stream"] = ("one history", Stream(Token(5), Changes(6), Changes(other: true, 7))),
        ["a history that never was"] = ("one history", Stream(null, Initial, Snapshot(Reason.HistoryReplaced, 13))),
        ["another history, called trimmed"] = ("one history", Stream(Token(12), Snapshot(Reason.HistoryTrimmed, 12, other: true))),
        ["another history, called too slow"] = ("one history", Stream(Token(6), Snapshot(Reason.FellBehind, 12, other: true))),
        ["a list of another revision"] = ("current", Stream(null, Initial, Changes(3).But(m => m.Changes.PageList.Revision = 4))),
        ["another merchant's list"] =
            ("current", Stream(null, Initial, Changes(3).But(m => m.Changes.PageList.MerchantId = "m2"))),
        ["a list that is not there"] = ("current", Stream(null, Initial, Changes(3).But(m => m.Changes.PageList = null))),
        ["another list of the same place"] = ("current",
            Stream(null, Initial, Snapshot(Reason.Initial, 2).But(m => m.Snapshot.PageList.Quota = new()))),
        ["an older read"] = ("current", Stream(null, Initial, Changes(3) with { ReadRevision = 2 })),
        ["a beginning that is out of date"] = ("current", Stream(Token(3), Checkpoint(3)) with { OpenedAt = TimeSpan.FromSeconds(2) }),
        ["too much at once"] = ("bounded", Stream(null, Initial, Changes(3, 4, 5, 6))),
        ["too slow, but with little to read"] = ("bounded", Stream(null, Initial, Snapshot(Reason.FellBehind, 4))),
        ["too slow, and an older list"] = ("bounded", Stream(null, Initial, Changes(3, 4), Snapshot(Reason.FellBehind, 3))),
        ["a failure"] = ("ends well", Stream(null, Initial).Ends(StatusCode.Internal, ErrorReason.Unspecified)),
        ["a failure to reach anybody"] = ("ends well", Stream(null, Initial).Ends(StatusCode.Unavailable, ErrorReason.Unspecified)),
        ["a failure to read"] = ("ends well", Stream(null, Initial).Ends(StatusCode.DataLoss, ErrorReason.RecordUnreadable)),
    };

    private static readonly Dictionary<string, RecordedStream> Good = new()
    {
        ["changes, one by one and together"] = Stream(null, Initial, Changes(3), Changes(4), Changes(5, 6, 7), Checkpoint(7), Changes(8)),
        ["nothing at all"] = Stream(null),
        ["nothing yet known of the merchant"] = Stream(null, Snapshot(Reason.Initial, 0), Checkpoint(0), Changes(1)),
        ["a resume"] = Stream(Token(3), Changes(4, 5), Checkpoint(5)),
        ["a resume from before everything"] = Stream(Token(0), Changes(1, 2, 3)),
        ["a resume at the present"] = Stream(Token(12), Checkpoint(12)),
        ["a resume of what is trimmed"] = Stream(Token(6), Snapshot(Reason.HistoryTrimmed, 12)),
        ["a resume in another history"] = Stream(Token(7, other: true), Snapshot(Reason.HistoryReplaced, 7), Changes(8)),
        ["a resume from a place that never was"] = Stream(Token(13), Snapshot(Reason.HistoryReplaced, 12)),
        ["a resume of who knows which history"] = Stream(Token(6, other: true), Snapshot(Reason.HistoryTrimmed, 12)),
        ["a slow reader"] = Stream(null, Initial, Changes(3), Snapshot(Reason.FellBehind, 6), Changes(7)),
        ["a read of what was delivered, and of newer"] =
            Stream(null, Initial with { ReadRevision = 2 }, Changes(3) with { ReadRevision = 9 }),
        ["a caller who hangs up"] = Stream(null, Initial).Ends(StatusCode.Cancelled, ErrorReason.Unspecified, byCaller: true),
        ["a life that is over"] = Stream(null, Initial).Ends(StatusCode.OK, ErrorReason.Unspecified),
        ["a service that stops"] = Stream(null, Initial).Ends(StatusCode.Unavailable, ErrorReason.ShuttingDown),
    };

    public static TheoryData<string> BadNames => [.. Bad.Keys];

    public static TheoryData<string> GoodNames => [.. Good.Keys];

    private static string Foreign => ResumeToken.Encode("m2", At(3));

    [Theory]
    [MemberData(nameof(BadNames))]
    public void A_stream_that_breaks_a_promise_is_reported_by_the_check_of_that_promise(string name)
    {
        var (promise, stream) = Bad[name];

        Assert.NotEmpty(WatchPromises.Checks[promise]([stream], History(name), Small));
        Assert.Contains(WatchPromises.Violations([stream], History(name), Small), found => found.StartsWith($"{promise}: ", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(GoodNames))]
    public void A_correct_stream_is_not_reported(string name) =>
        Assert.Empty(WatchPromises.Violations([Good[name]], History(name), Small));

    [Fact]
    public void Every_promise_has_a_stream_that_breaks_it() =>
        Assert.Equal(WatchPromises.Checks.Keys.Order(), Bad.Values.Select(b => b.Promise).Distinct().Order());

    [Fact]
    public void After_a_restored_backup_a_HISTORY_REPLACED_snapshot_is_correct()
    {
        var stream = Stream(
            Token(9), Changes(10) with { ReadRevision = 6 }, Snapshot(Reason.HistoryReplaced, 6, other: true), Changes(other: true, 7, 8));

        Assert.Empty(WatchPromises.Violations([stream], SampleStreams.History(putBack: true), Small));
        Assert.NotEmpty(WatchPromises.Violations([stream], SampleStreams.History(), Small));
    }

    [Fact]
    public void Different_lists_for_the_same_position_are_reported_across_streams()
    {
        var other = Stream(Token(2), Changes(3).But(m => m.Changes.PageList.Quota = new()));

        Assert.NotEmpty(WatchPromises.Violations([Stream(null, Initial, Changes(3)), other], SampleStreams.History(), Small));
        Assert.NotEmpty(WatchPromises.Violations([other, Stream(null, Initial, Changes(3))], SampleStreams.History(), Small));
    }

    private static ReceivedMessage Half(int index) => Changes(4).But(m => m.Changes.Changes_.RemoveAt(1 - index));

    private static void Swap(RepeatedField<V1.Change> changes) => (changes[1], changes[2]) = (changes[2], changes[1]);

    private static HistoryLog History(string name)
    {
        var log = SampleStreams.History(putBack: name.Contains("histor", StringComparison.Ordinal));
        log.Acknowledged(At(3), TimeSpan.FromSeconds(1));
        return log;
    }
}
