using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The directory of merchants, the tally, the losses by day and the index of lost connections. Each partition has its own, which the commit script keeps.</summary>
internal sealed class RedisIndex(RedisConnection connection)
{
    // Of a script on a single server. It occupies the server for about 0.3 ms if it reads few entries of each.
    private const int PartitionsPerCommand = 32;

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
            if ((change.Before?.State, change.Before?.Since) != (change.After?.State, change.After?.Since))
            {
                if (change.Before is { IsLost: true } before)
                {
                    AddCommand(RedisKeys.Lost(partition, change.Page.Provider, before.State), "ZREM", MemberOf(before.Since, merchantId, change.Page.PageId), "");
                }

                if (change.After is { IsLost: true } after)
                {
                    AddCommand(RedisKeys.Lost(partition, change.Page.Provider, after.State), "ZADD", 0, MemberOf(after.Since, merchantId, change.Page.PageId));
                }
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
            (partitions, count) => Task.WhenAll(partitions.Select(partition => ReadDirectoryAsync(
                partition, isPrefixFirst ? prefix : after, isIncluded: isPrefixFirst, end, count, cancellationToken))),
            partitionsPerRead: 1,
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
        var total = new Dictionary<LossDay, long>();

        // One month after another, so that commands of other callers need not wait for all.
        foreach (var month in months)
        {
            var parts = await Task.WhenAll(Enumerable.Range(0, RedisKeys.PartitionCount).Select(partition => connection.ExecuteAsync(
                db => db.HashGetAllAsync(RedisKeys.Losses(partition, month), CommandFlags.DemandMaster), cancellationToken)));
            foreach (var (loss, count) in parts.SelectMany(part => part).Select(entry => (LossOf((string)entry.Name!), (long)entry.Value)))
            {
                if (loss.Day >= from && loss.Day <= to)
                {
                    total[loss] = total.GetValueOrDefault(loss) + count;
                }
            }
        }

        return total.ToImmutableDictionary();
    }

    public async Task<ImmutableArray<LostConnection>> ReadLostAsync(
        ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken)
    {
        var begin = new LostMember(after.MerchantId is { Length: > 0 } ? MemberOf(after.Since, after.MerchantId, after.PageId) : TimeOf(after.Since), after.Kind);
        var found = await MergedPartitions.ReadAsync(
            (partitions, count) => ReadLostAsync(partitions, kinds, begin, count, cancellationToken),
            connection.IsCluster ? 1 : PartitionsPerCommand,
            limit,
            Comparer<LostMember>.Default);
        return [.. found.Select(member => member.Decode())];
    }

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

    private async Task<IReadOnlyList<LostMember>[]> ReadLostAsync(
        int[] partitions, ImmutableArray<LostKind> kinds, LostMember after, int limit, CancellationToken cancellationToken)
    {
        // One more of each set, because one has the connection itself. Another one may have a connection with the same member, of the other provider.
        RedisResult[] reply;
        try
        {
            reply = (RedisResult[])(await connection.ExecuteAsync(
                db => RedisScripts.ReadLost.EvaluateAsync(
                    db,
                    [.. partitions.SelectMany(partition => kinds.Select(kind => RedisKeys.Lost(partition, kind.Provider, kind.State)))],
                    [after.Member, limit + 1, kinds.Length]),
                cancellationToken))!;
        }
        catch (StoreUnavailableException e) when (RedisErrors.IsOfMovingSlot(e) && kinds.Length > 1)
        {
            var ofKinds = await Task.WhenAll(kinds.Select(kind => ReadLostAsync(partitions, [kind], after, limit, cancellationToken)));
            return [.. partitions.Select((_, n) => (IReadOnlyList<LostMember>)[.. ofKinds.SelectMany(parts => parts[n]).Order().Take(limit)])];
        }

        var ofPartition = reply.Chunk(2).Select(pair => (Set: (int)pair[0] - 1, Members: (string[])pair[1]!)).ToLookup(
            set => set.Set / kinds.Length, set => set.Members.Select(member => new LostMember(member, kinds[set.Set % kinds.Length])));
        return
        [
            .. partitions.Select((_, n) => (IReadOnlyList<LostMember>)
                [.. ofPartition[n].SelectMany(members => members).Where(member => member.CompareTo(after) > 0).Order().Take(limit)]),
        ];
    }

    // By bytes, members are in the order of their times, which all have the same length.
    private static string MemberOf(long since, string merchantId, string pageId) => $"{TimeOf(since)}{Separator}{merchantId}{Separator}{pageId}";

    private static string TimeOf(long since) => since.ToString("D15", CultureInfo.InvariantCulture);

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

    /// <summary>A member of a set of lost connections. Most that are read are not on the page, so they are compared as they are stored.</summary>
    private readonly record struct LostMember(string Member, LostKind Kind) : IComparable<LostMember>
    {
        public int CompareTo(LostMember other) => string.CompareOrdinal(Member, other.Member) is not 0 and var order
            ? order
            : (Kind.Provider, Kind.State).CompareTo((other.Kind.Provider, other.Kind.State));

        public LostConnection Decode()
        {
            string[] parts = Member.Split(Separator, 3);
            return new(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2], Kind);
        }
    }
}
