using System.Collections.Immutable;
using ConnectionStateService.Auth;
using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements FeedService: writes the events of a stream until it ends.</summary>
internal sealed class FeedRpc(
    FeedHub hub,
    FeedSource source,
    FeedConsumers consumers,
    StreamEnding endings,
    CallerStreams callers,
    IOptions<Rules> rules,
    IOptions<FeedOptions> options,
    IStoreClock storeClock,
    Instruments instruments)
    : FeedService.FeedServiceBase
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    // In place of the generated method: see RpcMethodProvider.
    public async Task WatchFeed(WatchFeedRequest request, IServerStreamWriter<Encoded<WatchFeedResponse>> responseStream, ServerCallContext context)
    {
        ThrowIf(callers.TryOpen(Caller.Of(context.GetHttpContext()), out var counted));
        using var open = counted;
        using var stream = hub.TryOpen(request.ToFeedRequest()) ?? throw TooManyStreams();
        await endings.RunAsync(
            context, options.Value.StreamLifetime, stop => WriteAsync(stream, responseStream, stop, context.CancellationToken));
    }

    public override async Task<GetFeedPositionsResponse> GetFeedPositions(GetFeedPositionsRequest request, ServerCallContext context)
    {
        var spans = await source.ReadSpansAsync(context.CancellationToken);
        var response = new GetFeedPositionsResponse { TotalOrder = source.Lanes == 1 };
        for (var partition = 0; partition < Partition.Count; partition++)
        {
            if (spans[source.LaneOf(partition)] is { } span)
            {
                response.Partitions.Add(FeedMapping.ToProto(partition, span));
            }
        }

        return response;
    }

    public override async Task<CommitFeedPositionsResponse> CommitFeedPositions(CommitFeedPositionsRequest request, ServerCallContext context)
    {
        var positions = request.Positions.Select(FeedMapping.ToCore).ToList();
        var (fault, outcomes) = await consumers.CommitAsync(request.Consumer, request.Instance, positions, request.Rewind, context.CancellationToken);
        ThrowIf(fault);
        return new() { Outcomes = { positions.Zip(outcomes, FeedMapping.ToProto) } };
    }

    public override async Task<HoldFeedPartitionsResponse> HoldFeedPartitions(HoldFeedPartitionsRequest request, ServerCallContext context)
    {
        if (request.Leaving)
        {
            await consumers.LeaveAsync(request.Consumer, request.Instance, request.Session, context.CancellationToken);
            return new();
        }

        var (fault, (held, state)) = await consumers.HoldAsync(
            request.Consumer, request.Instance, request.Session, request.Released, context.CancellationToken);
        ThrowIf(fault);
        var now = await storeClock.GetTimeAsync(context.CancellationToken);
        return new() { Leases = { held.Held.Select(lease => FeedMapping.ToProto(lease, held, state, now)) } };
    }

    public override async Task<ListFeedConsumersResponse> ListFeedConsumers(ListFeedConsumersRequest request, ServerCallContext context)
    {
        var limit = request.PageSize > 0 ? request.PageSize : RequestValidator.MaxConsumers;
        var page = await consumers.ReadAsync(request.PageToken, limit, context.CancellationToken);
        var spans = await ReadSpansAsync(page.SelectMany(consumer => consumer.State.Positions.Keys), context.CancellationToken);
        var now = await storeClock.GetTimeAsync(context.CancellationToken);
        return new()
        {
            Consumers = { page.Select(consumer => FeedMapping.ToProto(consumer.Name, consumer.State, source, spans, now)) },
            NextPageToken = page.Length == limit ? page[^1].Name : "",
        };
    }

    public override async Task<RemoveFeedConsumerResponse> RemoveFeedConsumer(RemoveFeedConsumerRequest request, ServerCallContext context)
    {
        var (fault, wasKnown) = await consumers.RemoveAsync(request.Consumer, request.Force, context.CancellationToken);
        ThrowIf(fault);
        return new() { Removed = wasKnown };
    }

    private async Task<Dictionary<int, FeedSpan?>> ReadSpansAsync(IEnumerable<int> partitions, CancellationToken cancellationToken)
    {
        ImmutableArray<int> lanes = [.. partitions.Select(source.LaneOf).Distinct()];
        return lanes.Zip(await source.ReadSpansAsync(lanes, cancellationToken)).ToDictionary(lane => lane.First, lane => lane.Second);
    }

    // As for watches: only the end of the call cancels a write.
    private async Task WriteAsync(
        FeedStream stream, IServerStreamWriter<Encoded<WatchFeedResponse>> responseStream, CancellationToken ending, CancellationToken canceled)
    {
        var interval = new WatchFeedResponse { CheckpointInterval = Duration.FromTimeSpan(options.Value.CheckpointInterval) };
        var (isFirst, isLive) = (true, false);
        await foreach (var feedEvent in stream.ReadAsync(ending))
        {
            var message = feedEvent.ToMessage(rules.Value);
            var commit = (feedEvent as FeedEvent.Committed)?.Commit;
            using (Tracing.StartDelivery(commit is null ? [] : [commit.Commit!], commit?.Entry.MerchantId ?? ""))
            {
                // The first message also has the interval.
                await responseStream.WriteAsync(isFirst ? message.With(interval) : message, canceled);
            }

            isFirst = false;
            isLive = feedEvent switch
            {
                FeedEvent.CaughtUp => true,
                FeedEvent.FellBehind => false,
                _ => isLive,
            };
            if (isLive && commit is not null)
            {
                instruments.RecordFeedDelivery(storeClock.EstimateAge(commit.Commit!.At));
            }
        }
    }

    private static void ThrowIf(FeedFault? fault)
    {
        if (fault is not null)
        {
            throw RpcErrors.ToException(fault);
        }
    }

    private static void ThrowIf(WatchFault? fault)
    {
        if (fault is not null)
        {
            throw RpcErrors.ToException(fault);
        }
    }

    private RpcException TooManyStreams()
    {
        instruments.CountRefusedStream(WireNames.Of(WatchLimitScope.Process));
        return RpcErrors.ToException(new WatchFault.LimitExceeded(WatchLimitScope.Process, options.Value.Streams, RetryAfter));
    }
}
