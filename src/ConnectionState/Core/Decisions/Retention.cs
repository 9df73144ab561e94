using System.Collections.Immutable;

namespace ConnectionStateService.Core.Decisions;

/// <summary>Bounds the size of a record.</summary>
internal static class Retention
{
    /// <summary>
    /// Drops the oldest tombstones and ended sessions beyond <paramref name="options"/>, and requests beyond <see cref="RetentionOptions.RequestCommits"/>.
    /// </summary>
    public static MerchantRecord Trim(MerchantRecord record, RetentionOptions options) => ForgetRequests(record) with
    {
        Connections = TrimTombstones(record.Connections, options.Tombstones),
        Sessions = TrimEnded(record.Sessions, options.Sessions),
    };

    private static MerchantRecord ForgetRequests(MerchantRecord record)
    {
        var oldest = record.Revision - RetentionOptions.RequestCommits + 1;
        return record.RequestSpan is not { IsEmpty: false } span || span.From >= oldest ? record
            : record.Parts.HasFlag(MerchantParts.Requests) ? record with { Requests = record.Requests.Since(oldest) }
            : record with { RequestSpan = span.Since(oldest) };
    }

    private static ImmutableArray<Connection> TrimTombstones(ImmutableArray<Connection> connections, int kept)
    {
        if (Count(connections) <= kept)
        {
            return connections;
        }

        var dropped = connections.Where(c => !c.IsListed).OrderByDescending(c => c.Revision).Skip(kept).Select(c => c.Page).ToHashSet();
        return connections.RemoveAll(c => dropped.Contains(c.Page));

        static int Count(ImmutableArray<Connection> connections)
        {
            var count = 0;
            foreach (var connection in connections)
            {
                count += connection.IsListed ? 0 : 1;
            }

            return count;
        }
    }

    private static ImmutableArray<ConnectSession> TrimEnded(ImmutableArray<ConnectSession> sessions, int kept)
    {
        var ended = 0;
        foreach (var session in sessions)
        {
            ended += session.IsOpen ? 0 : 1;
        }

        var excess = ended - kept;
        return excess <= 0 ? sessions : sessions.RemoveAll(s => !s.IsOpen && excess-- > 0);
    }
}
