namespace ConnectionStateService.Store.Redis;

/// <summary>The Lua scripts, embedded from the folder Scripts.</summary>
internal static class RedisScripts
{
    public static readonly RedisScript Commit = Load("commit");
    public static readonly RedisScript ReadMerchants = Load("read-merchants");
    public static readonly RedisScript ReadParts = Load("read-parts");
    public static readonly RedisScript FindDue = Load("find-due");
    public static readonly RedisScript Reschedule = Load("reschedule");
    public static readonly RedisScript Heartbeat = Load("heartbeat");
    public static readonly RedisScript LeaveFleet = Load("leave-fleet");
    public static readonly RedisScript Positions = Load("positions");
    public static readonly RedisScript RemoveClaim = Load("remove-claim");
    public static readonly RedisScript AddMerchant = Load("add-merchant");
    public static readonly RedisScript RemoveMerchant = Load("remove-merchant");
    public static readonly RedisScript RemoveRecord = Load("remove-record");
    public static readonly RedisScript Register = Load("register");
    public static readonly RedisScript Probe = Load("probe");
    public static readonly RedisScript FeedSpans = Load("feed-spans");
    public static readonly RedisScript ReadLost = Load("read-lost");
    public static readonly RedisScript ReplaceConsumer = Load("replace-consumer");

    public static readonly RedisScript ReplaceSigningKeys = Load("replace-signing-keys");
    public static readonly RedisScript Revoke = Load("revoke");

    private static RedisScript Load(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream($"ConnectionStateService.Store.Redis.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script {name} is not embedded in the assembly.");
        using var reader = new StreamReader(stream);

        // Without comments, which the server would read each time that it loads a script.
        return new(string.Join('\n', reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && !line.TrimStart().StartsWith("--", StringComparison.Ordinal))));
    }
}
