using System.Diagnostics.CodeAnalysis;
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

    /// <summary>Whether the places of the partitions are known to be in the lane.</summary>
    public bool IsVerified { get; set; }

    /// <summary>Returns the partition, or null if the stream does not follow it.</summary>
    public FeedCursor? Find(int partition) => byPartition[partition];

    /// <summary>Sets the places of partitions that begin now.</summary>
    public void Begin(FeedSpan span)
    {
        foreach (var cursor in Cursors)
        {
            cursor.Begin(span.Last);
        }
    }

    /// <summary>Keeps the place of each partition as its own, because those in the lane as a whole may not be valid any more.</summary>
    public void Settle()
    {
        foreach (var cursor in Cursors)
        {
            cursor.Point = PlaceOf(cursor);
        }

        Seen = default;
    }

    /// <summary>The place of the partition that is furthest behind.</summary>
    public FeedPoint Oldest => Cursors.Select(PlaceOf).MinBy(place => place.Number);

    /// <summary>Reads on from the partition that is furthest behind.</summary>
    public void Restart() => Seen = Oldest;

    /// <summary>Begins all partitions with a snapshot, because entries are missing.</summary>
    public void Reset() => Array.ForEach(Cursors, cursor => cursor.Reset ??= FeedResetReason.Replaced);

    /// <summary>
    /// Returns the place of a partition: after all of its commits that the stream has sent. The lane up to <see cref="Seen"/> has no others of it.
    /// </summary>
    public FeedPoint PlaceOf(FeedCursor cursor) => cursor.Point.Number >= Seen.Number ? cursor.Point : Seen;

    /// <summary>Moves over a commit.</summary>
    /// <returns>Whether it is of a partition that the stream follows, and was not sent before.</returns>
    public bool Accept(FeedCommit commit, [NotNullWhen(true)] out FeedCursor? cursor)
    {
        cursor = byPartition[commit.Partition];
        var isNew = cursor is { Reset: null } && commit.Entry.Number > PlaceOf(cursor).Number;
        if (commit.Entry.Number > Seen.Number)
        {
            Seen = commit.Entry.Point;
        }

        return isNew;
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
        Told = start is FeedStart.At told ? told.Point : null;
    }

    public int Partition { get; }

    /// <summary>The place from which the stream follows the partition.</summary>
    public FeedPoint Point { get; set; }

    /// <summary>The place that the caller knows, or null if it knows none.</summary>
    public FeedPoint? Told { get; set; }

    /// <summary>Why the partition must begin with a snapshot, or null if it need not.</summary>
    public FeedResetReason? Reset { get; set; }

    /// <summary>Sets the place if the partition begins now.</summary>
    public void Begin(FeedPoint end)
    {
        if (beginsNow)
        {
            (Point, beginsNow) = (end, false);
        }
    }

    /// <summary>Sets the place after a snapshot, which tells it.</summary>
    public void MoveTo(FeedPoint end) => (Point, Told, Reset) = (end, end, null);
}
