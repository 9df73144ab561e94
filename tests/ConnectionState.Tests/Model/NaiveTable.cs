namespace ConnectionStateService.Tests.Model;

/// <summary>The transitions once more, told as sentences: where it stands, what happens, where it goes.</summary>
internal static class NaiveTable
{
    private const string Sentences = """
        None: Request to Pending
        Pending: Request stays, Grant to Connected, Refuse to Refused
        Pending: Revoke to Revoked, Delete to Deleted, Displace to Disconnected, Disconnect to Disconnected
        Connected: Grant stays, Renew to Connected, Expire to Expired, Revoke to Revoked
        Connected: Delete to Deleted, Displace to Disconnected, Disconnect to Disconnected
        Refused: Request to Pending, Refuse stays, Delete stays, Disconnect stays
        Expired: Request to Pending, Renew to Connected, Expire stays, Revoke to Revoked
        Expired: Delete to Deleted, Displace to Disconnected, Disconnect to Disconnected
        Revoked: Request to Pending, Expire stays, Revoke stays
        Revoked: Delete to Deleted, Displace to Disconnected, Disconnect to Disconnected
        Deleted: Request to Pending, Expire stays, Revoke stays, Delete stays, Displace stays, Disconnect to Disconnected
        Disconnected: Request to Pending, Expire stays, Revoke stays, Delete stays, Displace stays, Disconnect stays
        """;

    private static readonly Dictionary<string, string> Told = Sentences
        .Split('\n', StringSplitOptions.TrimEntries)
        .SelectMany(line => line.Split(": ")[1].Split(", ").Select(sentence => (From: line.Split(": ")[0], Words: sentence.Split(' '))))
        .ToDictionary(s => $"{s.From} {s.Words[0]}", s => s.Words[^1]);

    /// <summary>Where it goes; "stays" for a repeat, "no" where it means nothing.</summary>
    public static string Go(string from, string trigger) => Told.GetValueOrDefault($"{from} {trigger}", "no");
}
