using ConnectionStateService.Core;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>Takes from a stream in words, and never hangs.</summary>
internal static class TestStreams
{
    // Far longer than anything takes: it only ends a test that would hang.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static WatchStream New(int bufferedChanges = 64, HistoryPosition? from = null) => new("merchant-1", from, bufferedChanges);

    /// <summary>A stream that such deliveries wait in.</summary>
    public static WatchStream With(params WatchEvent[] deliveries)
    {
        var stream = New();
        foreach (var delivery in deliveries)
        {
            stream.Tell(delivery);
        }

        return stream;
    }

    public static bool Tell(this WatchStream stream, WatchEvent delivery) => stream.Enqueue(delivery, timestamp: 0);

    /// <summary>What is told next, as <see cref="SampleHistory.Text"/> says it.</summary>
    public static async Task<string> TakeAsync(this WatchStream stream) => SampleHistory.Text(await stream.TakeDeliveryAsync());

    public static async Task<WatchEvent> TakeDeliveryAsync(this WatchStream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        return await stream.ReadAsync(patience.Token);
    }

    /// <summary>Takes until the stream is at a revision; all that was taken.</summary>
    public static async Task<List<WatchEvent>> TakeUntilAsync(this WatchStream stream, long revision)
    {
        var taken = new List<WatchEvent>();
        do
        {
            taken.Add(await stream.TakeDeliveryAsync());
        }
        while (taken[^1].Position.Revision < revision);

        return taken;
    }

    /// <summary>Everything that waits, in words; whether or not more is to come.</summary>
    public static async Task<string[]> TakeAllAsync(this WatchStream stream)
    {
        // What ends the stream comes after what waits.
        stream.Fail(new EndOfStreamException());
        var all = new List<string>();
        while (true)
        {
            try
            {
                all.Add(await stream.TakeAsync());
            }
            catch (EndOfStreamException)
            {
                return [.. all];
            }
        }
    }
}
