using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.TestSupportTests.Watch;

/// <summary>
/// Recorded watch streams, correct or wrong, over two histories: one of 12 revisions, and one of 14 that branches off after revision 5,
/// as after a restored backup. Revision 4 has two changes, and so has revision 8 of the first history.
/// </summary>
internal static class SampleStreams
{
    public const string Merchant = "m1";

    /// <summary>The checkpoint interval in the streams.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private const long Fork = 5;

    /// <summary>The history position of a revision.</summary>
    public static HistoryPosition At(long revision, bool other = false) =>
        new(revision, revision == 0 ? 0 : (ulong)revision + (other && revision > Fork ? 2_000UL : 1_000UL));

    public static string Token(long revision, bool other = false) => ResumeToken.Encode(Merchant, At(revision, other));

    /// <summary>The first history and, if <paramref name="putBack"/>, the second one after it.</summary>
    public static HistoryLog History(bool putBack = false)
    {
        var log = new HistoryLog();
        for (var revision = 1; revision <= 12; revision++)
        {
            log.Add(Entry(revision, other: false));
        }

        for (var revision = Fork + 1; putBack && revision <= 14; revision++)
        {
            log.Add(Entry(revision, other: true));
        }

        return log;
    }

    /// <summary>A stream of messages, one every second.</summary>
    public static RecordedStream Stream(string? token, params IEnumerable<ReceivedMessage> messages)
    {
        var told = messages.Select((m, i) => m with { At = m.At + TimeSpan.FromSeconds(i + 1) }).ToImmutableArray();
        if (told.Length > 0)
        {
            told[0].Message.CheckpointInterval = Duration.FromTimeSpan(Interval);
        }

        return new RecordedStream("a stream", Merchant, token, TimeSpan.Zero, told);
    }

    public static RecordedStream Ends(this RecordedStream stream, StatusCode status, ErrorReason reason, bool byCaller = false) =>
        stream with { Ending = new Ending(byCaller, status, reason, TimeSpan.FromSeconds(stream.Messages.Length + 1)) };

    public static ReceivedMessage Snapshot(Reason reason, long revision, bool other = false) =>
        Message(new() { Snapshot = new() { PageList = List(revision), Reason = reason } }, revision, other);

    public static ReceivedMessage Changes(params IReadOnlyList<long> revisions) => Changes(other: false, revisions);

    public static ReceivedMessage Changes(bool other, params IReadOnlyList<long> revisions)
    {
        var told = revisions.SelectMany(r => Kinds(r, other).Select(kind => Change(r, kind)));
        return Message(new() { Changes = new() { Changes_ = { told }, PageList = List(revisions[^1]) } }, revisions[^1], other);
    }

    public static ReceivedMessage Checkpoint(long revision, bool other = false) =>
        Message(new() { Checkpoint = new() { Revision = revision } }, revision, other);

    /// <summary>A copy of the message with a change.</summary>
    public static ReceivedMessage But(this ReceivedMessage received, Action<WatchPageListResponse> change)
    {
        var message = received.Message.Clone();
        change(message);
        return received with { Message = message, Position = RecordedStream.PositionOf(message.ResumeToken, Merchant) };
    }

    private static HistoryEntry Entry(long revision, bool other) =>
        new(At(revision, other), At(revision - 1, other).CommitId, Kinds(revision, other));

    private static ImmutableArray<string> Kinds(long revision, bool other) =>
        revision == 4 || (revision == 8 && !other) ? ["Transition", "SessionMoved"] : ["PlanChanged"];

    private static V1.Change Change(long revision, string kind) => kind switch
    {
        "Transition" => new() { Revision = revision, Transition = new() },
        "SessionMoved" => new() { Revision = revision, SessionMoved = new() },
        _ => new() { Revision = revision, PlanChanged = new() },
    };

    private static ReceivedMessage Message(WatchPageListResponse message, long revision, bool other)
    {
        message.ResumeToken = Token(revision, other);
        return new ReceivedMessage(message, At(revision, other), TimeSpan.Zero);
    }

    private static V1.PageList List(long revision) => new() { MerchantId = Merchant, Revision = revision };
}
