using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Where a stream is in one lane: in the lane as a whole, and in each partition that it follows there.</summary>
internal sealed class FeedLane
{
    private readonly FeedCursor?[] byPartition = new FeedCursor?[Partition.Count];

    public FeedLane(int lane, FeedStart[] starts)
    {
        Lane = lane;
        Cursors = [.. starts.Select(start => new FeedCursor(start))];
        Array.ForEach(Cursors, cursor => byPartition[cursor.Partition] = cursor);
    }

    /// <summary>The number of the lane.</summary>
    public int Lane { get; }

    /// <summary>The partitions that the stream follows.</summary>
    public FeedCursor[] Cursors { get; }

    /// <summary>The entry up to which the stream has read the lane.</summary>
    public FeedPoint Seen { get; private set; }

    /// <summary>Whether the stream has all of the lane, and what comes to the buffer continues it.</summary>
    public bool IsCurrent { get; set; }

    /// <summary>Whether the positions of the partitions are known to be in the lane.</summary>
    public bool IsVerified { get; set; }

    /// <summary>Returns the partition, or null if the stream does not follow it.</summary>
    public FeedCursor? Find(int partition) => byPartition[partition];

    /// <summary>Sets the positions of partitions that begin now.</summary>
    public void Begin(FeedSpan span)
    {
        foreach (var cursor in Cursors)
        {
            cursor.Begin(span.Last);
        }
    }

    /// <summary>Gives each partition a position of its own, because that in the lane as a whole may not be valid any more.</summary>
    public void SplitPositions()
    {
        foreach (var cursor in Cursors)
        {
            cursor.Point = PositionOf(cursor);
        }

        Seen = default;
    }

    /// <summary>The position of the partition that is furthest behind.</summary>
    public FeedPoint Oldest => Cursors.Select(PositionOf).MinBy(position => position.Number);

    /// <summary>Reads on from the partition that is furthest behind.</summary>
    public void Restart() => Seen = Oldest;

    /// <summary>Begins all partitions with a snapshot, because entries are missing.</summary>
    public void Reset() => Array.ForEach(Cursors, cursor => cursor.Reset ??= FeedResetReason.Replaced);

    /// <summary>
    /// Returns the position of a partition: after all of its commits that the stream has sent. The lane up to <see cref="Seen"/> has no others of it.
    /// </summary>
    public FeedPoint PositionOf(FeedCursor cursor) => cursor.Point.Number >= Seen.Number ? cursor.Point : Seen;

    /// <summary>Whether a commit is of a partition that the stream follows, and was not sent before.</summary>
    public bool Wants(int partition, FeedPoint point) =>
        byPartition[partition] is { Reset: null } cursor && point.Number > PositionOf(cursor).Number;

    /// <summary>Moves over an entry.</summary>
    public void MoveTo(FeedPoint point)
    {
        if (point.Number > Seen.Number)
        {
            Seen = point;
        }
    }
}

/// <summary>Where a stream is in one partition.</summary>
internal sealed class FeedCursor
{
    private bool beginsNow;

    public FeedCursor(FeedStart start)
    {
        Partition = start.Partition;
        beginsNow = start is FeedStart.Now;
        Reset = start is FeedStart.Snapshot ? FeedResetReason.Requested : null;
        Point = start is FeedStart.At at ? at.Point : default;
        Sent = start is FeedStart.At known ? known.Point : null;
    }

    public int Partition { get; }

    /// <summary>The position from which the stream follows the partition.</summary>
    public FeedPoint Point { get; set; }

    /// <summary>The position that the caller has, or null if it has none.</summary>
    public FeedPoint? Sent { get; set; }

    /// <summary>Why the partition must begin with a snapshot, or null if it need not.</summary>
    public FeedResetReason? Reset { get; set; }

    /// <summary>Sets the position if the partition begins now.</summary>
    public void Begin(FeedPoint end)
    {
        if (beginsNow)
        {
            (Point, beginsNow) = (end, false);
        }
    }

    /// <summary>Sets the position after a snapshot, whose last part has it.</summary>
    public void MoveTo(FeedPoint end) => (Point, Sent, Reset) = (end, end, null);
}
