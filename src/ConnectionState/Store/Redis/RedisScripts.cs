namespace ConnectionStateService.Store.Redis;

/// <summary>The Lua scripts, embedded from the folder Scripts.</summary>
internal static class RedisScripts
{
    public static readonly string Commit = Load("commit");
    public static readonly string ReadParts = Load("read-parts");
    public static readonly string FindDue = Load("find-due");
    public static readonly string Reschedule = Load("reschedule");
    public static readonly string Heartbeat = Load("heartbeat");
    public static readonly string LeaveFleet = Load("leave-fleet");
    public static readonly string Positions = Load("positions");
    public static readonly string RemoveClaim = Load("remove-claim");
    public static readonly string AddMerchant = Load("add-merchant");
    public static readonly string RemoveMerchant = Load("remove-merchant");
    public static readonly string RemoveRecord = Load("remove-record");
    public static readonly string Register = Load("register");
    public static readonly string Probe = Load("probe");
    public static readonly string FeedSpans = Load("feed-spans");
    public static readonly string ReadLost = Load("read-lost");
    public static readonly string ReplaceConsumer = Load("replace-consumer");

    public static readonly string ReplaceSigningKeys = Load("replace-signing-keys");
    public static readonly string Revoke = Load("revoke");

    private static string Load(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream($"ConnectionStateService.Store.Redis.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script {name} is not embedded in the assembly.");
        using var reader = new StreamReader(stream);

        // Without comments: the client finds the digest of a script by the script's text, whose hash code it computes for each call.
        return string.Join('\n', reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && !line.TrimStart().StartsWith("--", StringComparison.Ordinal)));
    }
}
