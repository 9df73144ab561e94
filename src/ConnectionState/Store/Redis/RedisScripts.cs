namespace ConnectionStateService.Store.Redis;

/// <summary>The scripts, as they lie beside this file.</summary>
internal static class RedisScripts
{
    public static readonly string Commit = Load("commit");
    public static readonly string Due = Load("due");
    public static readonly string Reschedule = Load("reschedule");
    public static readonly string Settle = Load("settle");
    public static readonly string Enter = Load("enter");
    public static readonly string Leave = Load("leave");
    public static readonly string Probe = Load("probe");

    private static string Load(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream($"ConnectionStateService.Store.Redis.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script {name} was not built in.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
