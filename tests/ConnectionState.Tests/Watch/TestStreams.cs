using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Creates streams, and reads them with a bound against hanging.</summary>
internal static class TestStreams
{
    // Reached only by a test that hangs.
    private static readonly TimeSpan HangBound = TimeSpan.FromMinutes(1);

    public static WatchStream New(int bufferedChanges = 64) => new("merchant-1", null, bufferedChanges);

    public static WatchStream WithPending(params WatchEvent[] events)
    {
        var stream = New();
        foreach (var watchEvent in events)
        {
            stream.Enqueue(watchEvent);
        }

        return stream;
    }

    public static bool Enqueue(this WatchStream stream, WatchEvent watchEvent) => stream.Enqueue(watchEvent, timestamp: 0);

    public static async Task<WatchEvent> NextEventAsync(this WatchStream stream)
    {
        using var hang = new CancellationTokenSource(HangBound);
        return await stream.ReadAsync(hang.Token);
    }

    /// <summary>Reads the next event, and returns its description.</summary>
    public static async Task<string> NextAsync(this WatchStream stream) => SampleHistory.Describe(await stream.NextEventAsync());

    /// <summary>Reads until the stream has reached a revision, and returns the events.</summary>
    public static async Task<List<WatchEvent>> ReadToAsync(this WatchStream stream, long revision)
    {
        var events = new List<WatchEvent>();
        do
        {
            events.Add(await stream.NextEventAsync());
        }
        while (events[^1].Position.Revision < revision);

        return events;
    }

    /// <summary>Ends the stream, and returns the descriptions of all pending events.</summary>
    public static async Task<string[]> DrainAsync(this WatchStream stream)
    {
        // Thrown after the pending events.
        stream.Fail(new EndOfStreamException());
        var events = new List<string>();
        while (true)
        {
            try
            {
                events.Add(await stream.NextAsync());
            }
            catch (EndOfStreamException)
            {
                return [.. events];
            }
        }
    }

    /// <summary>Asserts that the events have every revision after <paramref name="from"/> once and in order, or a newer snapshot.</summary>
    public static void AssertComplete(IEnumerable<WatchEvent> events, long from, long to, bool mayFallBehind = false)
    {
        var at = from;
        foreach (var watchEvent in events)
        {
            switch (watchEvent)
            {
                case WatchEvent.Changes changes:
                    Assert.Equal(Enumerable.Range((int)at + 1, changes.Commits.Length), changes.Commits.Select(c => (int)c.Revision));
                    break;

                case WatchEvent.Snapshot snapshot:
                    Assert.True(mayFallBehind, $"An unexpected snapshot: {snapshot.Reason}");
                    Assert.Equal(SnapshotReason.FellBehind, snapshot.Reason);
                    Assert.True(snapshot.Position.Revision > at, "The snapshot is not newer than the event before it.");
                    break;

                default:
                    Assert.Equal(at, watchEvent.Position.Revision);
                    break;
            }

            at = watchEvent.Position.Revision;
        }

        Assert.Equal(to, at);
    }
}
