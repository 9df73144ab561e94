using System.Collections.Immutable;
using ConnectionStateService.Store.Records;
using Google.Protobuf;

namespace ConnectionStateService.Feed;

/// <summary>Encodes what is kept of a consumer.</summary>
internal static class ConsumerCodec
{
    public static byte[] Encode(ConsumerState state) => new StoredConsumer
    {
        Positions =
        {
            state.Positions.Select(position => new StoredConsumerPosition
            {
                Partition = position.Key,
                Number = position.Value.Point.Number,
                CommitId = position.Value.Point.CommitId,
                At = position.Value.At.UtcTicks,
            }),
        },
        Leases =
        {
            state.Leases.Select(lease => new StoredConsumerLease
            {
                Partition = lease.Key,
                Epoch = lease.Value.Epoch,
                Instance = lease.Value.Instance,
                Until = lease.Value.Until.UtcTicks,
                Session = lease.Value.Session,
            }),
        },
        Instances = { state.Instances.Select(instance => new StoredConsumerInstance { Name = instance.Key, SeenAt = instance.Value.UtcTicks }) },
    }.ToByteArray();

    /// <summary>Decodes a consumer; the empty one of no bytes.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are damaged.</exception>
    public static ConsumerState Decode(ReadOnlySpan<byte> bytes)
    {
        var stored = StoredConsumer.Parser.ParseFrom(bytes);
        return new()
        {
            Positions = stored.Positions.ToImmutableSortedDictionary(p => p.Partition, p => new ConsumerPosition(new(p.Number, p.CommitId), Time(p.At))),
            Leases = stored.Leases.ToImmutableSortedDictionary(l => l.Partition, l => new ConsumerLease(l.Epoch, l.Instance, l.Session, Time(l.Until))),
            Instances = ConsumerState.Empty.Instances.AddRange(stored.Instances.Select(i => KeyValuePair.Create(i.Name, Time(i.SeenAt)))),
        };
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
