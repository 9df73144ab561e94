namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Stands between clients and Redis, and does to the messages of sharded channels what Redis does not promise against: single ones are
/// lost, come twice, or change places. Everything else passes unchanged and in order. Begins by passing everything on.
/// </summary>
internal sealed class NotificationProxy : IAsyncDisposable
{
    private readonly Lock gate = new();

    private NotificationProxy(int target) => Network = new FaultProxy(target, () => new Filter(this).Pass);

    private enum Fate
    {
        Passes,
        IsDropped,
        IsDoubled,
        IsHeld,
    }

    /// <summary>What the network does apart from that: delays, cuts and silence.</summary>
    public FaultProxy Network { get; }

    public int Port => Network.Port;

    /// <summary>The probability that a message is lost; with 1 they all are. At most one thing happens to a message.</summary>
    public double Drop { get; set; }

    /// <summary>The probability that a message comes twice.</summary>
    public double Double { get; set; }

    /// <summary>The probability that a message comes only after the next one on its connection; with 1 all come in swapped pairs.</summary>
    public double Swap { get; set; }

    /// <summary>How many messages Redis sent.</summary>
    public int Seen { get; private set; }

    public int Dropped { get; private set; }

    public int Doubled { get; private set; }

    /// <summary>How many messages were held back, though the next one may not have come yet.</summary>
    public int Swapped { get; private set; }

    public static NotificationProxy To(RedisServer server) => new(server.Port);

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    private Fate Decide(bool holdsOne)
    {
        lock (gate)
        {
            Seen++;
            var chance = Random.Shared.NextDouble();
            if (chance < Drop)
            {
                Dropped++;
                return Fate.IsDropped;
            }

            if (chance < Drop + Double)
            {
                Doubled++;
                return Fate.IsDoubled;
            }

            if (holdsOne || chance >= Drop + Double + Swap)
            {
                return Fate.Passes;
            }

            Swapped++;
            return Fate.IsHeld;
        }
    }

    /// <summary>What happens on one connection.</summary>
    private sealed class Filter(NotificationProxy proxy)
    {
        private readonly RespFrames frames = new();
        private byte[]? held;

        public byte[] Pass(byte[] arrived) => [.. frames.Add(arrived).SelectMany(frame => IsMessage(frame) ? Message(frame) : frame)];

        // A push in RESP3, an array in RESP2.
        private static bool IsMessage(byte[] frame) =>
            frame[0] is (byte)'>' or (byte)'*' && frame.AsSpan(1).StartsWith("3\r\n$8\r\nsmessage\r\n"u8);

        private byte[] Message(byte[] frame)
        {
            switch (proxy.Decide(held is not null))
            {
                case Fate.IsDropped:
                    return [];
                case Fate.IsHeld:
                    held = frame;
                    return [];
                case Fate.IsDoubled:
                    return [.. frame, .. frame, .. Release()];
                default:
                    return [.. frame, .. Release()];
            }
        }

        private byte[] Release()
        {
            var released = held ?? [];
            held = null;
            return released;
        }
    }
}
