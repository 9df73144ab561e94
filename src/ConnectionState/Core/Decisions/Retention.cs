namespace ConnectionStateService.Core;

/// <summary>How much of the past a record keeps.</summary>
internal static class Retention
{
    /// <summary>Drops the oldest tombstones, ended sessions and remembered requests beyond what the rules keep.</summary>
    public static MerchantRecord Trim(MerchantRecord record, Rules rules) => record with
    {
        Connections = [.. record.Connections.Except(
            record.Connections.Where(c => !c.IsListed).OrderByDescending(c => c.Revision).Skip(rules.KeptTombstones))],
        Sessions = [.. record.Sessions.Except(
            record.Sessions.Where(s => !s.IsOpen).Take(Math.Max(0, record.Sessions.Length - rules.KeptSessions)))],
        Requests = [.. record.Requests.TakeLast(rules.KeptRequests)],
    };
}
