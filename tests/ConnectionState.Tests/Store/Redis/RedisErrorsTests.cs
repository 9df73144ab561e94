using System.IO.Pipelines;
using System.Net.Sockets;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using StackExchange.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>What the failures of Redis mean. The sentences are those of redis-server.</summary>
public sealed class RedisErrorsTests
{
    private const string M = "merchant-1";

    [Theory]
    [InlineData("ASK 7000 127.0.0.1:7001", false)]
    [InlineData("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", false)]
    [InlineData("CLUSTERDOWN The cluster is down", true)]
    [InlineData("CLUSTERDOWN Hash slot not served", true)]
    [InlineData("ERR max number of clients reached", false)]
    [InlineData("ERR The user executing the script can't run this command or subcommand script: 5f, on @user_script:12.", false)]
    [InlineData("ERR The user executing the script can't access at least one of the keys mentioned in the command arguments", false)]
    [InlineData("LOADING Redis is loading the dataset in memory", false)]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", true)]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", false)]
    [InlineData("Error: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", false)]
    [InlineData("MOVED 7000 127.0.0.1:7001", true)]
    [InlineData("NOAUTH Authentication required.", false)]
    [InlineData("NOPERM this user has no permissions to run the 'set' command", false)]
    [InlineData("NOREPLICAS Not enough good replicas to write.", false)]
    [InlineData("NOSCRIPT No matching script. Please use EVAL.", false)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", false)]
    [InlineData("READONLY You can't write against a read only replica.", true)]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", false)]
    [InlineData("UNKILLABLE Sorry the script already executed write commands against the dataset.", false)]
    [InlineData("WRONGPASS invalid username-password pair or user is disabled.", false)]
    public void What_a_server_says_when_it_cannot_serve_is_an_outage(string said, bool wrongServer)
    {
        var e = ServerSays(said);

        Assert.Same(e, Assert.IsType<StoreUnavailableException>(RedisErrors.Translate(e, M)).InnerException);
        Assert.IsType<StoreUnavailableException>(RedisErrors.Translate(e, null));
        Assert.Equal(wrongServer, RedisErrors.IsWrongServer(e));
    }

    [Fact]
    public void A_way_to_Redis_that_fails_is_an_outage()
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
    public void What_the_client_stumbles_over_when_a_connection_ends_is_an_outage()
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
    public void A_merchants_key_of_another_kind_makes_that_merchant_unreadable()
    {
        var e = ServerSays("WRONGTYPE Operation against a key holding the wrong kind of value");

        Assert.Equal(M, Assert.IsType<RecordUnreadableException>(RedisErrors.Translate(e, M)).MerchantId);
        Assert.Null(RedisErrors.Translate(e, null));
    }

    [Theory]
    [InlineData("ERR unknown command 'NONSENSE'")]
    [InlineData("ERR user_script:3: Script attempted to access nonexistent global variable 'merchnat'")]
    [InlineData("OOMPH")]
    public void What_else_a_server_says_is_a_bug_and_passes_as_it_is(string said) =>
        Assert.Null(RedisErrors.Translate(ServerSays(said), M));

    [Fact]
    public void Keys_that_lie_on_several_servers_and_whatever_is_not_of_Redis_are_bugs()
    {
        Assert.Null(RedisErrors.Translate(new RedisCommandException("Multi-key operations must involve a single slot"), M));
        Assert.Null(RedisErrors.Translate(new InvalidOperationException(), M));
        Assert.Null(RedisErrors.Translate(new OperationCanceledException(), M));
    }

    private static RedisServerException ServerSays(string message) => new(RedisErrorKind.Unknown, CommandFlags.None, message);
}
