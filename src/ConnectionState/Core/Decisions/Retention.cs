namespace ConnectionStateService.Core.Decisions;

/// <summary>Bounds the size of a record.</summary>
internal static class Retention
{
    /// <summary>Drops the oldest tombstones and ended sessions beyond <paramref name="options"/>.</summary>
    public static MerchantRecord Trim(MerchantRecord record, RetentionOptions options) => record with
    {
        Connections = [.. record.Connections.Except(
            record.Connections.Where(c => !c.IsListed).OrderByDescending(c => c.Revision).Skip(options.Tombstones))],
        Sessions = [.. record.Sessions.Except(
            record.Sessions.Where(s => !s.IsOpen).SkipLast(options.Sessions))],
    };
}
