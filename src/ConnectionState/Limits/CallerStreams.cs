using ConnectionStateService.Auth;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Watch;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Limits;

/// <summary>The open streams of each caller.</summary>
internal sealed class CallerStreams(IOptions<WatchOptions> options, Instruments instruments)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrencyLimit streams = new(options.Value.StreamsPerCaller);

    /// <summary>Counts a stream.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="place">Dispose it when the stream has ended; null if a fault is returned.</param>
    /// <returns>The fault, or null if the stream may be opened.</returns>
    public WatchFault? TryOpen(Caller caller, out IDisposable? place)
    {
        var slot = Slots.Of(caller.LimitKey);
        if (caller.IsNamed && !streams.TryEnter(slot))
        {
            place = null;
            instruments.CountRefusedStream(WireNames.Of(WatchLimitScope.Caller));
            return new WatchFault.LimitExceeded(WatchLimitScope.Caller, streams.Limit, RetryAfter);
        }

        place = caller.IsNamed ? new Place(streams, slot) : null;
        return null;
    }

    private sealed class Place(ConcurrencyLimit streams, int slot) : IDisposable
    {
        public void Dispose() => streams.Leave(slot);
    }
}
