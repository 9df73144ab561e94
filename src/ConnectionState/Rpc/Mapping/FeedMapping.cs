using System.Collections.Frozen;
using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps the requests and the events of the feed.</summary>
internal static class FeedMapping
{
    /// <summary>Returns what a stream asks for. All partitions from now, if it names none.</summary>
    public static FeedRequest ToFeedRequest(this WatchFeedRequest request) => new(
        request.Starts.Count == 0
            ? [.. Enumerable.Range(0, Partition.Count).Select(partition => new Feed.FeedStart.Now(partition))]
            : [.. request.Starts.Select(ToCore)],
        new(
            (request.Filter?.States ?? []).Select(state => (State)state).ToFrozenSet(),
            (request.Filter?.Providers ?? []).Select(provider => (Core.Provider)provider).ToFrozenSet()),
        request.IncludePageList);

    /// <summary>Returns the message of an event. That of a commit without a page list is encoded once for all streams.</summary>
    public static Encoded<WatchFeedResponse> ToMessage(this FeedEvent feedEvent, Rules rules) => feedEvent is FeedEvent.Committed { Merchant: null } e
        ? e.Commit.Derive((Event: e, rules), static from => from.Event.ToProto(from.rules).ToEncoded())
        : feedEvent.ToProto(rules).ToEncoded();

    public static GetFeedPositionsResponse.Types.Partition ToProto(int partition, FeedSpan span) => new()
    {
        Partition_ = partition,
        Oldest = FeedPosition.Encode(partition, span.First.Number <= 1 ? default : span.First),
        Newest = FeedPosition.Encode(partition, span.Last),
    };

    public static PositionToCommit ToCore(CommitFeedPositionsRequest.Types.Position position) =>
        new(new(position.Partition, ToPoint(position.Position_)), position.Epoch);

    public static CommitFeedPositionsResponse.Types.Outcome ToProto(PositionToCommit position, PositionOutcome outcome) =>
        new() { Partition = position.Position.Partition, Result = (CommitFeedPositionsResponse.Types.Result)outcome };

    public static HoldFeedPartitionsResponse.Types.Lease ToProto(
        (int Partition, ConsumerLease Lease) held, HeldPartitions all, ConsumerState state, DateTimeOffset now)
    {
        var remaining = held.Lease.Until - now;
        return new()
        {
            Partition = held.Partition,
            Epoch = held.Lease.Epoch,
            Position = ToPosition(state, held.Partition),
            ExpiresIn = Duration.FromTimeSpan(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero),
            Release = all.ToRelease.Contains(held.Partition),
        };
    }

    public static ListFeedConsumersResponse.Types.Consumer ToProto(
        string name, ConsumerState state, FeedSource source, IReadOnlyDictionary<int, FeedSpan?> spans, DateTimeOffset now)
    {
        var consumer = new ListFeedConsumersResponse.Types.Consumer
        {
            Name = name,
            Lag = state.Positions.GroupBy(position => source.LaneOf(position.Key))
                .Sum(lane => Math.Max(0, (spans[lane.Key]?.Last.Number ?? 0) - lane.Min(position => position.Value.Point.Number))),
        };
        consumer.Instances.AddRange(state.Instances
            .Where(instance => instance.Value + ConsumerState.LeaseDuration > now).Select(instance => instance.Key));
        consumer.Positions.AddRange(state.Positions.Select(position => new ListFeedConsumersResponse.Types.Position
        {
            Partition = position.Key,
            Position_ = ToPosition(state, position.Key),
            CommittedAt = position.Value.At.ToProto(),
            Instance = state.Leases.GetValueOrDefault(position.Key) is { } lease && lease.Until > now ? lease.Instance : "",
        }));
        return consumer;
    }

    // The validation has checked it.
    private static FeedPoint ToPoint(string position) =>
        FeedPosition.Decode(position, out _, out var point) is null ? point : throw new UnreachableException();

    private static string ToPosition(ConsumerState state, int partition) =>
        state.Positions.GetValueOrDefault(partition) is { } kept ? FeedPosition.Encode(partition, kept.Point) : "";

    private static Feed.FeedStart ToCore(Proto.FeedStart start) => start.FromCase switch
    {
        Proto.FeedStart.FromOneofCase.Position => new Feed.FeedStart.At(start.Partition, ToPoint(start.Position)),
        Proto.FeedStart.FromOneofCase.Now => new Feed.FeedStart.Now(start.Partition),
        Proto.FeedStart.FromOneofCase.Snapshot => new Feed.FeedStart.Snapshot(start.Partition),
        _ => throw new UnreachableException(),
    };

    private static WatchFeedResponse ToProto(this FeedEvent feedEvent, Rules rules) => feedEvent switch
    {
        FeedEvent.Committed e => At(e.Position, new() { Commit = e.Commit.ToProto(e.Merchant, rules) }),
        FeedEvent.Superseded e => At(e.Position, new()
        {
            Superseded = new()
            {
                MerchantId = e.MerchantId,
                PageList = e.Merchant?.Record.ToPageList(rules),
                CommitId = e.Merchant?.CommitId.ToCommitId() ?? "",
            },
        }),
        FeedEvent.Snapshot e => new()
        {
            Partition = e.Partition,
            Position = e.Last is { } last ? FeedPosition.Encode(e.Partition, last) : "",
            Snapshot = new() { Merchants = { e.Merchants.Select(merchant => ToProto(merchant.Id, merchant.Merchant, rules)) }, Last = e.Last is not null },
        },
        FeedEvent.Reset e => new() { Partition = e.Partition, Reset = new() { Reason = (WatchFeedResponse.Types.Reset.Types.Reason)e.Reason } },
        FeedEvent.Checkpoint e => new()
        {
            Checkpoint = new()
            {
                Positions =
                {
                    e.Positions.Select(moved => new WatchFeedResponse.Types.Checkpoint.Types.Position
                    {
                        Partition = moved.Partition,
                        Position_ = FeedPosition.Encode(moved.Partition, moved.Point),
                    }),
                },
            },
        },
        FeedEvent.CaughtUp => new() { CaughtUp = new() },
        FeedEvent.FellBehind e => new() { FellBehind = new() { Behind = e.Behind } },
        _ => throw new UnreachableException(),
    };

    private static WatchFeedResponse At(PartitionPoint position, WatchFeedResponse message)
    {
        message.Partition = position.Partition;
        message.Position = FeedPosition.Encode(position.Partition, position.Point);
        return message;
    }

    private static WatchFeedResponse.Types.Commit ToProto(this FeedCommit commit, StoredMerchant? merchant, Rules rules) => new()
    {
        MerchantId = commit.Entry.MerchantId,
        Revision = commit.Entry.Position.Revision,
        CommitId = commit.Entry.Position.CommitId.ToCommitId(),
        PreviousCommitId = commit.Commit!.PreviousId.ToCommitId(),
        At = commit.Commit.At.ToProto(),
        Changes = { commit.Commit.ToProto() },
        PageList = merchant?.Record.ToPageList(rules),
    };

    private static WatchFeedResponse.Types.Snapshot.Types.Merchant ToProto(string id, StoredMerchant? merchant, Rules rules) => new()
    {
        MerchantId = id,
        PageList = merchant?.Record.ToPageList(rules),
        CommitId = merchant?.CommitId.ToCommitId() ?? "",
    };
}
