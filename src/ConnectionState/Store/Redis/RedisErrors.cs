using System.Net.Sockets;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Distinguishes outages of Redis, or of the connection to it, from internal errors.</summary>
internal static class RedisErrors
{
    /// <summary>Errors that RedisErrorKind does not name, and that mean that the server cannot serve the command now.</summary>
    private static readonly string[] OtherOutages =
        ["ERR ACL failure in script", "ERR max number of clients", "ERR The user executing the script", "UNKILLABLE "];

    /// <summary>Returns what to throw in place of <paramref name="e"/>, or null if it is an internal error, which is thrown unchanged.</summary>
    /// <param name="e">The exception that was caught.</param>
    /// <param name="merchantId">The merchant whose record was accessed, or null.</param>
    public static Exception? Translate(Exception e, string? merchantId) => e switch
    {
        RedisServerException { Kind: RedisErrorKind.WrongType } => merchantId is not null
            ? new RecordUnreadableException(merchantId, "one of its keys has a type that this version does not write", e)
            : null,
        RedisServerException server when !IsOutage(server) => null,
        RedisCommandException { Message: var message } when message.Contains("single slot", StringComparison.Ordinal) => null,

        // For commands in flight when a connection fails twice, the client throws the bare cause.
        RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or IOException or SocketException
            or InvalidOperationException { Source: "System.IO.Pipelines" } =>
            new StoreUnavailableException($"Redis cannot serve this now: {e.Message}", e),
        _ => null,
    };

    /// <summary>Returns whether another server may have become responsible for the command.</summary>
    public static bool IsWrongServer(Exception e) => e switch
    {
        RedisCommandException or RedisConnectionException => true,
        RedisServerException server => server.Kind is RedisErrorKind.ClusterDown or RedisErrorKind.MasterDown or RedisErrorKind.Moved
            or RedisErrorKind.ReadOnly or RedisErrorKind.UnknownRedirectTarget,
        _ => false,
    };

    /// <summary>Whether a command failed because its keys are on two servers: their slot is moving. A command for one of them succeeds.</summary>
    public static bool IsOfMovingSlot(StoreUnavailableException e) => e.InnerException is RedisServerException { Kind: RedisErrorKind.TryAgain };

    private static bool IsOutage(RedisServerException e) => e.Kind switch
    {
        RedisErrorKind.Ask or RedisErrorKind.Busy or RedisErrorKind.ClusterDown or RedisErrorKind.ConnectionFault or RedisErrorKind.Loading
            or RedisErrorKind.MasterDown or RedisErrorKind.MaxClients or RedisErrorKind.Misconfigured or RedisErrorKind.Moved
            or RedisErrorKind.NoAuth or RedisErrorKind.NoPermission or RedisErrorKind.NoReplicas or RedisErrorKind.NoScript
            or RedisErrorKind.OutOfMemory or RedisErrorKind.ReadOnly or RedisErrorKind.Timeout or RedisErrorKind.TryAgain
            or RedisErrorKind.UnknownRedirectTarget or RedisErrorKind.WrongPass => true,
        _ => OtherOutages.Any(start => e.Message.Contains(start, StringComparison.Ordinal)),
    };
}
