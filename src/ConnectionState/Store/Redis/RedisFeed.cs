using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Reads the feed: a stream for each partition, which the commit script writes.</summary>
internal sealed class RedisFeed(RedisConnection connection)
{
    private const int PartitionsPerCommand = 64;

    public async Task<ImmutableArray<FeedEntry>> ReadAsync(int partition, long from, int limit, CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(
            db => db.StreamRangeAsync(RedisKeys.Feed(partition), $"0-{from}", "+", limit, flags: CommandFlags.DemandMaster), cancellationToken);
        return [.. entries.Select(Decode)];
    }

    /// <summary>Reads what is kept of partitions, by commands that are sent together.</summary>
    public async Task<ImmutableArray<FeedSpan?>> ReadSpansAsync(ImmutableArray<int> partitions, CancellationToken cancellationToken)
    {
        var groups = partitions.Chunk(connection.IsCluster ? 1 : PartitionsPerCommand);
        var replies = await Task.WhenAll(groups.Select(group => TryReadSpansAsync(group, cancellationToken)));
        return replies.Length > 0 && replies.All(reply => reply.Failure is not null)
            ? throw replies[0].Failure!
            : [.. replies.SelectMany(reply => reply.Spans)];
    }

    private async Task<(IEnumerable<FeedSpan?> Spans, StoreUnavailableException? Failure)> TryReadSpansAsync(
        int[] partitions, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (RedisResult[])(await connection.ExecuteAsync(
                db => RedisScripts.FeedSpans.EvaluateAsync(db, [.. partitions.Select(RedisKeys.Feed)], []),
                cancellationToken,
                timeout: connection.IsCluster ? RedisConnection.FleetTimeout : null))!;
            return (reply.Select(span => (FeedSpan?)DecodeSpan((string[])span!)), null);
        }
        catch (StoreUnavailableException e)
        {
            return (partitions.Select(_ => (FeedSpan?)null), e);
        }
    }

    private static FeedSpan DecodeSpan(string[] span) => span is [var first, var firstCommit, var last, var lastCommit]
        ? new(new(NumberOf(first), PositionOf(firstCommit).CommitId), new(NumberOf(last), PositionOf(lastCommit).CommitId))
        : default;

    private static FeedEntry Decode(StreamEntry entry) =>
        new(NumberOf((string)entry.Id!), (string)entry["merchant"]!, PositionOf((string)entry["commit"]!));

    private static long NumberOf(string id) => long.Parse(id.AsSpan(id.IndexOf('-', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);

    private static HistoryPosition PositionOf(string line) => RedisRecord.ParsePosition(Encoding.ASCII.GetBytes(line))
        ?? throw new FormatException($"'{line}' in the feed is not the position of a commit.");
}
