using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The directory of merchants, the tally, the losses by day and the index of lost connections. Each partition has its own, which the commit script keeps.</summary>
internal sealed class RedisIndex(RedisConnection connection)
{
    // Before all characters of ids: the members of one time are in the order of the merchants.
    private const char Separator = ' ';
    private const char FieldSeparator = '/';

    // A month longer, because a hash has the days of a month.
    private const int LossSeconds = (LossDay.KeptDays + 31) * 24 * 60 * 60;

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
            var member = MemberOf(merchantId, change.Page.PageId);
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

            if (change.IsLoss)
            {
                var loss = LossDay.Of(change);
                AddCommand(RedisKeys.Losses(partition, loss.Day), "HINCRBY", FieldOf(loss), 1);
                AddCommand(RedisKeys.Losses(partition, loss.Day), "EXPIRE", LossSeconds, "");
            }
        }

        void AddCommand(RedisKey key, string command, RedisValue first, RedisValue second)
        {
            keys.Add(key);
            values.AddRange([command, first, second]);
        }
    }

    public async Task<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken) =>
        [.. await ReadDirectoryAsync(partition, after, isIncluded: false, before: [], limit, cancellationToken)];

    public Task<ImmutableArray<string>> ReadMerchantIdsAsync(string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        var isPrefixFirst = string.CompareOrdinal(prefix, after) > 0;
        if (!isPrefixFirst && !after.StartsWith(prefix, StringComparison.Ordinal))
        {
            // After all of them. The client would exchange the ends of the range.
            return Task.FromResult<ImmutableArray<string>>([]);
        }

        // No id has a byte above those of ASCII.
        byte[] end = prefix.Length > 0 ? [.. Encoding.ASCII.GetBytes(prefix), byte.MaxValue] : [];
        return MergedPartitions.ReadAsync(
            (partition, count) => ReadDirectoryAsync(partition, isPrefixFirst ? prefix : after, isIncluded: isPrefixFirst, end, count, cancellationToken),
            limit,
            StringComparer.Ordinal);
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

    public async Task<ImmutableDictionary<LossDay, long>> ReadLossesAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        var months = Enumerable.Range(0, LossDay.KeptDays).Select(from.AddDays).Where(day => day <= to && (day == from || day.Day == 1));
        var parts = await Task.WhenAll(
            from month in months
            from partition in Enumerable.Range(0, RedisKeys.PartitionCount)
            select connection.ExecuteAsync(
                db => db.HashGetAllAsync(RedisKeys.Losses(partition, month), CommandFlags.DemandMaster), cancellationToken));
        var total = new Dictionary<LossDay, long>();
        foreach (var entry in parts.SelectMany(part => part))
        {
            var loss = LossOf((string)entry.Name!);
            if (loss.Day >= from && loss.Day <= to)
            {
                total[loss] = total.GetValueOrDefault(loss) + (long)entry.Value;
            }
        }

        return total.ToImmutableDictionary();
    }

    public Task<ImmutableArray<LostConnection>> ReadLostAsync(
        ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken) => MergedPartitions.ReadAsync(
            (partition, count) => ReadLostAsync(partition, kinds, after, count, cancellationToken), limit, Comparer<LostConnection>.Default);

    private async Task<IReadOnlyList<string>> ReadDirectoryAsync(
        int partition, string from, bool isIncluded, byte[] before, int limit, CancellationToken cancellationToken)
    {
        var ids = await connection.ExecuteAsync(
            db => db.SortedSetRangeByValueAsync(
                RedisKeys.Merchants(partition),
                min: from.Length > 0 ? from : default(RedisValue),
                max: before.Length > 0 ? before : default(RedisValue),
                exclude: from.Length > 0 && !isIncluded ? Exclude.Start : Exclude.None,
                take: limit,
                flags: CommandFlags.DemandMaster),
            cancellationToken);
        return [.. ids.Select(id => (string)id!)];
    }

    private async Task<IReadOnlyList<LostConnection>> ReadLostAsync(
        int partition, ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken)
    {
        // One more of each set: the connection itself may be in one of them.
        var member = after.MerchantId is { Length: > 0 } ? MemberOf(after.MerchantId, after.PageId) : "";
        var sets = (RedisResult[])(await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.ReadLost,
                [.. kinds.Select(kind => RedisKeys.Lost(partition, kind.Provider, kind.State))],
                [after.Since, member, limit + 1],
                CommandFlags.DemandMaster),
            cancellationToken))!;
        return
        [
            .. kinds.Zip(sets, (kind, set) => Decode(kind, (string[])set!)).SelectMany(found => found)
                .Where(lost => lost.CompareTo(after) > 0).Order().Take(limit),
        ];
    }

    // Members and scores in turn.
    private static IEnumerable<LostConnection> Decode(LostKind kind, string[] set) => set.Chunk(2).Select(pair =>
    {
        var separator = pair[0].IndexOf(Separator, StringComparison.Ordinal);
        return new LostConnection(long.Parse(pair[1], CultureInfo.InvariantCulture), pair[0][..separator], pair[0][(separator + 1)..], kind);
    });

    private static string MemberOf(string merchantId, string pageId) => $"{merchantId}{Separator}{pageId}";

    private static string FieldOf(ListedKind kind) => $"{(int)kind.Provider}/{(int)kind.State}/{(int)kind.Cause}";

    private static string FieldOf(LossDay loss) => string.Create(CultureInfo.InvariantCulture, $"{loss.Day:yyyy-MM-dd}{FieldSeparator}{FieldOf(loss.Kind)}");

    private static LossDay LossOf(string field)
    {
        var separator = field.IndexOf(FieldSeparator, StringComparison.Ordinal);
        return new(DateOnly.ParseExact(field.AsSpan(0, separator), "yyyy-MM-dd", CultureInfo.InvariantCulture), KindOf(field[(separator + 1)..]));
    }

    private static ListedKind KindOf(string field)
    {
        int[] numbers = [.. field.Split(FieldSeparator).Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        return new((Provider)numbers[0], (State)numbers[1], (Cause)numbers[2]);
    }
}
