using System.Collections.Immutable;
using System.Globalization;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The directory of merchants, the tally and the index of lost connections. Each partition has its own, which the commit script keeps.</summary>
internal sealed class RedisIndex(RedisConnection connection)
{
    private const char Separator = '/';

    /// <summary>Adds what a commit changes in the index to the arguments of its script.</summary>
    public static void Add(CommitRequest request, int partition, List<RedisKey> keys, List<RedisValue> values)
    {
        var merchantId = request.Record.MerchantId;
        if (request.Expected.Position == default)
        {
            AddCommand(RedisKeys.Merchants(partition), "ZADD", 0, merchantId);
        }

        foreach (var change in request.ListedChanges())
        {
            var member = $"{merchantId}{Separator}{change.Page.PageId}";
            if (change.Before is { IsLost: true } before && before.State != change.After?.State)
            {
                AddCommand(RedisKeys.Lost(partition, change.Page.Provider, before.State), "ZREM", member, "");
            }

            if (change.After is { IsLost: true } after && (after.State, after.Since) != (change.Before?.State, change.Before?.Since))
            {
                AddCommand(RedisKeys.Lost(partition, change.Page.Provider, after.State), "ZADD", after.Since, member);
            }

            foreach (var (kind, count) in change.Counts())
            {
                AddCommand(RedisKeys.Tally(partition), "HINCRBY", FieldOf(kind), count);
            }
        }

        void AddCommand(RedisKey key, string command, RedisValue first, RedisValue second)
        {
            keys.Add(key);
            values.AddRange([command, first, second]);
        }
    }

    public async Task<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken)
    {
        var ids = await connection.ExecuteAsync(
            db => db.SortedSetRangeByValueAsync(
                RedisKeys.Merchants(partition),
                min: after.Length > 0 ? after : default(RedisValue),
                exclude: after.Length > 0 ? Exclude.Start : Exclude.None,
                take: limit,
                flags: CommandFlags.DemandMaster),
            cancellationToken);
        return [.. ids.Select(id => (string)id!)];
    }

    public async Task<ImmutableDictionary<ListedKind, long>> ReadTallyAsync(CancellationToken cancellationToken)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, RedisKeys.PartitionCount).Select(partition => connection.ExecuteAsync(
            db => db.HashGetAllAsync(RedisKeys.Tally(partition), CommandFlags.DemandMaster), cancellationToken)));
        var total = new Dictionary<ListedKind, long>();
        foreach (var entry in parts.SelectMany(part => part))
        {
            var kind = KindOf((string)entry.Name!);
            total[kind] = total.GetValueOrDefault(kind) + (long)entry.Value;
        }

        return total.Where(count => count.Value != 0).ToImmutableDictionary();
    }

    public async Task<ImmutableArray<LostConnection>> ReadLostAsync(
        int partition, Provider provider, State state, CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(
            db => db.SortedSetRangeByRankWithScoresAsync(RedisKeys.Lost(partition, provider, state), flags: CommandFlags.DemandMaster),
            cancellationToken);
        return [.. entries.Select(entry => Decode((string)entry.Element!, (long)entry.Score))];
    }

    private static LostConnection Decode(string member, long since)
    {
        var separator = member.IndexOf(Separator, StringComparison.Ordinal);
        return new(member[..separator], member[(separator + 1)..], since);
    }

    private static string FieldOf(ListedKind kind) => $"{(int)kind.Provider}/{(int)kind.State}/{(int)kind.Cause}";

    private static ListedKind KindOf(string field)
    {
        int[] numbers = [.. field.Split(Separator).Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        return new((Provider)numbers[0], (State)numbers[1], (Cause)numbers[2]);
    }
}
