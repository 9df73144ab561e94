using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Assigns the partitions to the processes of the fleet by rendezvous hashing: each partition belongs to the process with the highest
/// hash of both, among those that reach it. Processes that see the same fleet agree without talking to each other, and a process that joins
/// or leaves moves only its own share.
/// </summary>
internal static class PartitionAssignment
{
    /// <summary>Returns the partitions of a process, in ascending order.</summary>
    /// <param name="process">The id of the process.</param>
    /// <param name="members">All living processes.</param>
    public static ImmutableArray<int> Of(string process, IReadOnlyCollection<FleetMember> members) =>
        [.. Enumerable.Range(0, RedisKeys.PartitionCount).Where(partition => OwnerOf(partition, members) == process)];

    // A partition that nobody reaches belongs to one of them all the same.
    private static string? OwnerOf(int partition, IReadOnlyCollection<FleetMember> members) =>
        Highest(partition, members.Where(member => !member.Unreached.Contains(partition))) ?? Highest(partition, members);

    private static string? Highest(int partition, IEnumerable<FleetMember> members) => members
        .Select(member => member.Id)
        .MaxBy(id => (Weight(partition, id), id), Comparer<(ulong, string)>.Create(Compare));

    // SHA-256 because all releases must agree. It runs only when the fleet changes.
    private static ulong Weight(int partition, string member) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{partition}/{member}")));

    private static int Compare((ulong Weight, string Member) a, (ulong Weight, string Member) b) =>
        a.Weight != b.Weight ? a.Weight.CompareTo(b.Weight) : string.CompareOrdinal(a.Member, b.Member);
}
