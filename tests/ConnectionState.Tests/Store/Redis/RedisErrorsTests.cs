using System.IO.Pipelines;
using System.Net.Sockets;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using StackExchange.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>Which failures of Redis and of its client are outages, and which are bugs. The messages are those of redis-server.</summary>
public sealed class RedisErrorsTests
{
    private const string M = "merchant-1";

    [Theory]
    [InlineData(RedisErrorKind.Ask, "ASK 7000 127.0.0.1:7001", false)]
    [InlineData(RedisErrorKind.Busy, "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", false)]
    [InlineData(RedisErrorKind.ClusterDown, "CLUSTERDOWN Hash slot not served", true)]
    [InlineData(RedisErrorKind.Loading, "LOADING Redis is loading the dataset in memory", false)]
    [InlineData(RedisErrorKind.MasterDown, "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", true)]
    [InlineData(RedisErrorKind.MaxClients, "ERR max number of clients reached", false)]
    [InlineData(RedisErrorKind.Misconfigured, "MISCONF Redis is configured to save RDB snapshots, but it's unable to persist to disk.", false)]
    [InlineData(RedisErrorKind.Moved, "MOVED 7000 127.0.0.1:7001", true)]
    [InlineData(RedisErrorKind.NoAuth, "NOAUTH Authentication required.", false)]
    [InlineData(RedisErrorKind.NoPermission, "NOPERM this user has no permissions to run the 'set' command", false)]
    [InlineData(RedisErrorKind.NoReplicas, "NOREPLICAS Not enough good replicas to write.", false)]
    [InlineData(RedisErrorKind.NoScript, "NOSCRIPT No matching script. Please use EVAL.", false)]
    [InlineData(RedisErrorKind.OutOfMemory, "OOM command not allowed when used memory > 'maxmemory'.", false)]
    [InlineData(RedisErrorKind.ReadOnly, "READONLY You can't write against a read only replica.", true)]
    [InlineData(RedisErrorKind.TryAgain, "TRYAGAIN Multiple keys request during rehashing of slot", false)]
    [InlineData(RedisErrorKind.UnknownRedirectTarget, "MOVED 7000 ?:7001", true)]
    [InlineData(RedisErrorKind.WrongPass, "WRONGPASS invalid username-password pair or user is disabled.", false)]
    [InlineData(RedisErrorKind.UnknownError, "ERR max number of clients reached", false)]
    [InlineData(RedisErrorKind.UnknownCommand, "ERR The user executing the script can't run this command or subcommand script: 5f, on @user_script:12.", false)]
    [InlineData(RedisErrorKind.UnknownCommand, "ERR The user executing the script can't access at least one of the keys mentioned in the command", false)]
    [InlineData(RedisErrorKind.UnknownCommand, "ERR The user executing the script can't publish to the channel mentioned in the command", false)]
    [InlineData(RedisErrorKind.Unknown, "UNKILLABLE Sorry the script already executed write commands against the dataset.", false)]
    public void An_error_of_a_server_that_cannot_serve_now_is_an_outage(RedisErrorKind kind, string message, bool isWrongServer)
    {
        var e = ServerError(kind, message);

        Assert.Same(e, Assert.IsType<StoreUnavailableException>(RedisErrors.Translate(e, M)).InnerException);
        Assert.IsType<StoreUnavailableException>(RedisErrors.Translate(e, null));
        Assert.Equal(isWrongServer, RedisErrors.IsWrongServer(e));
    }

    [Fact]
    public void A_failure_of_the_connection_is_an_outage()
    {
        Exception[] failures =
        [
            new RedisConnectionException(ConnectionFailureType.SocketClosed, CommandFlags.None, "gone", null, CommandStatus.Unknown),
            new RedisTimeoutException(CommandFlags.None, "too slow", CommandStatus.Sent),
            new RedisCommandException("No connection is available"),
            new TimeoutException(),
            new ObjectDisposedException("multiplexer"),
        ];

        Assert.All(failures, e => Assert.IsType<StoreUnavailableException>(RedisErrors.Translate(e, null)));
        Assert.True(RedisErrors.IsWrongServer(failures[0]));
        Assert.False(RedisErrors.IsWrongServer(failures[1]));
    }

    [Fact]
    public void An_exception_that_the_client_leaks_when_a_connection_ends_is_an_outage()
    {
        var reader = new Pipe().Reader;
        reader.Complete();
        Exception[] failures =
        [
            Assert.Throws<InvalidOperationException>(() => reader.AdvanceTo(default)),
            new SocketException(),
            new IOException(),
        ];

        Assert.All(failures, e => Assert.IsType<StoreUnavailableException>(RedisErrors.Translate(e, M)));
    }

    [Fact]
    public void A_key_of_another_type_makes_its_merchant_unreadable()
    {
        var e = ServerError(RedisErrorKind.WrongType, "WRONGTYPE Operation against a key holding the wrong kind of value");

        Assert.Equal(M, Assert.IsType<RecordUnreadableException>(RedisErrors.Translate(e, M)).MerchantId);
        Assert.Null(RedisErrors.Translate(e, null));
    }

    [Theory]
    [InlineData("ERR unknown command 'NONSENSE'")]
    [InlineData("ERR user_script:3: Script attempted to access nonexistent global variable 'merchnat'")]
    [InlineData("OOMPH")]
    public void Any_other_error_of_a_server_is_a_bug_and_is_not_translated(string message) =>
        Assert.Null(RedisErrors.Translate(ServerError(RedisErrorKind.UnknownCommand, message), M));

    [Fact]
    public void Keys_in_several_slots_and_exceptions_of_other_origin_are_bugs()
    {
        Assert.Null(RedisErrors.Translate(new RedisCommandException("Multi-key operations must involve a single slot"), M));
        Assert.Null(RedisErrors.Translate(new InvalidOperationException(), M));
        Assert.Null(RedisErrors.Translate(new OperationCanceledException(), M));
    }

    private static RedisServerException ServerError(RedisErrorKind kind, string message) => new(kind, CommandFlags.None, message);
}
