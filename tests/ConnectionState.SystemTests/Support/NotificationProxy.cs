namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// A proxy between clients and Redis that loses, duplicates and reorders the messages of sharded channels, which Redis does not rule out.
/// Everything else is forwarded unchanged and in order. By default it forwards all messages.
/// </summary>
internal sealed class NotificationProxy : IAsyncDisposable
{
    private readonly Lock gate = new();

    private NotificationProxy(int target, int? seed) =>
        Network = new FaultProxy(target, random => new Filter(this, random).Apply, seed);

    private enum Fault
    {
        None,
        Drop,
        Duplicate,
        HoldBack,
    }

    /// <summary>The proxy below, for faults of the network: delays, cuts and silence.</summary>
    public FaultProxy Network { get; }

    public int Port => Network.Port;

    /// <summary>The probability that a message is lost. At most one fault happens to a message.</summary>
    public double DropRate { get; set; }

    /// <summary>The probability that a message arrives twice.</summary>
    public double DuplicateRate { get; set; }

    /// <summary>The probability that a message arrives only after the next one of its connection; with 1, messages arrive in swapped pairs.</summary>
    public double ReorderRate { get; set; }

    /// <summary>The number of messages that Redis sent.</summary>
    public int Messages { get; private set; }

    public int Dropped { get; private set; }

    public int Duplicated { get; private set; }

    /// <summary>The number of messages that were held back. The next message may not have come yet.</summary>
    public int Reordered { get; private set; }

    public static NotificationProxy To(RedisServer server, int? seed = null) => new(server.Port, seed);

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    private Fault NextFault(Random random, bool holdsOne)
    {
        lock (gate)
        {
            Messages++;
            var chance = random.NextDouble();
            if (chance < DropRate)
            {
                Dropped++;
                return Fault.Drop;
            }

            if (chance < DropRate + DuplicateRate)
            {
                Duplicated++;
                return Fault.Duplicate;
            }

            if (holdsOne || chance >= DropRate + DuplicateRate + ReorderRate)
            {
                return Fault.None;
            }

            Reordered++;
            return Fault.HoldBack;
        }
    }

    /// <summary>The faults of one connection.</summary>
    private sealed class Filter(NotificationProxy proxy, Random random)
    {
        private readonly RespFrames frames = new();
        private byte[]? held;

        public byte[] Apply(byte[] arrived) => [.. frames.Add(arrived).SelectMany(frame => IsMessage(frame) ? ApplyFault(frame) : frame)];

        // A push in RESP3, an array in RESP2.
        private static bool IsMessage(byte[] frame) =>
            frame[0] is (byte)'>' or (byte)'*' && frame.AsSpan(1).StartsWith("3\r\n$8\r\nsmessage\r\n"u8);

        private byte[] ApplyFault(byte[] frame)
        {
            switch (proxy.NextFault(random, held is not null))
            {
                case Fault.Drop:
                    return [];
                case Fault.HoldBack:
                    held = frame;
                    return [];
                case Fault.Duplicate:
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
