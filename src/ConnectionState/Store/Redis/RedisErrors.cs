using System.Net.Sockets;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>What a failure of Redis, or of the way to it, means.</summary>
internal static class RedisErrors
{
    private const string Prefix = "Error: ";

    /// <summary>What a server says when it cannot serve now, or not here. None of it is a bug of this service.</summary>
    private static readonly string[] NotNow =
    [
        "ASK ", "BUSY ", "CLUSTERDOWN ", "ERR ACL failure in script", "ERR max number of clients", "ERR The user executing the script", "LOADING ", "MASTERDOWN ",
        "MISCONF ", "MOVED ", "NOAUTH ", "NOPERM ", "NOREPLICAS ", "NOSCRIPT ", "OOM ", "READONLY ", "TRYAGAIN ", "UNKILLABLE ", "WRONGPASS ",
    ];

    /// <summary>What a server says that is not, or not any more, the one to ask.</summary>
    private static readonly string[] WrongServer = ["CLUSTERDOWN ", "MASTERDOWN ", "MOVED ", "READONLY "];

    /// <summary>What to throw in place of <paramref name="e"/>; none: it is a bug, and passes as it is.</summary>
    /// <param name="e">What was caught.</param>
    /// <param name="merchantId">Whose record it was about, if one's.</param>
    public static Exception? Translate(Exception e, string? merchantId) => e switch
    {
        RedisServerException when Says(e, "WRONGTYPE ") => merchantId is not null
            ? new RecordUnreadableException(merchantId, "a key of it is of another kind than this version writes", e)
            : null,
        RedisServerException when !Says(e, NotNow) => null,
        RedisCommandException { Message: var said } when said.Contains("single slot", StringComparison.Ordinal) => null,

        // Of what was under way when a connection ended twice over, the client tells the bare reason.
        RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or IOException or SocketException
            or InvalidOperationException { Source: "System.IO.Pipelines" } =>
            new StoreUnavailableException($"Redis cannot serve this now: {e.Message}", e),
        _ => null,
    };

    /// <summary>Whether somebody else may be the one to ask by now.</summary>
    public static bool IsWrongServer(Exception e) =>
        e is RedisCommandException or RedisConnectionException || (e is RedisServerException && Says(e, WrongServer));

    // A script that is not loaded yet fails with a word more.
    private static bool Says(Exception e, params ReadOnlySpan<string> beginnings)
    {
        var said = e.Message.StartsWith(Prefix, StringComparison.Ordinal) ? e.Message.AsSpan(Prefix.Length) : e.Message;
        foreach (var beginning in beginnings)
        {
            if (said.StartsWith(beginning, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
