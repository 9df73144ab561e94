using System.Diagnostics;
using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>gRPC-Web as it is on the wire, against a real server.</summary>
public sealed class GrpcWebTests : IAsyncLifetime, IDisposable
{
    private const string GetPageList = "PageService/GetPageList";
    private const string WatchPageList = "WatchService/WatchPageList";

    // Many times what a change takes, and far less than what anything waits for.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);

    private readonly TemporaryFolder folder = new();
    private ServerProcess server = null!;
    private ConnectionStateClient committer = null!;
    private WebCaller client = null!;

    public async Task InitializeAsync()
    {
        server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Watch:StreamsPerMerchant=1");
        committer = server.NewClient();
        client = new WebCaller(server.Http);
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    public void Dispose()
    {
        client.Dispose();
        committer.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/grpc-web-text")]
    [InlineData("application/grpc-web-text+proto")]
    public async Task A_call_is_answered_in_the_format_in_which_it_came(string contentType)
    {
        using var reply = await client.CallAsync(GetPageList, new GetPageListRequest { MerchantId = "m" }, contentType);
        var message = await reply.NextAsync(GetPageListResponse.Parser);

        Assert.Equal("m", message?.PageList.MerchantId);
        Assert.Null(await reply.NextAsync(GetPageListResponse.Parser));
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.Equal(contentType.Replace("+proto", "", StringComparison.Ordinal), reply.ContentType.Replace("+proto", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(WebCaller.Binary)]
    [InlineData(WebCaller.Text)]
    public async Task An_error_says_why(string contentType)
    {
        var request = new GetConnectionRequest { MerchantId = "m", Page = new() { Provider = Provider.Zalo, PageId = "p" } };
        using var reply = await client.CallAsync("PageService/GetConnection", request, contentType);

        Assert.Null(await reply.NextAsync(GetConnectionResponse.Parser));
        Assert.Equal((StatusCode.NotFound, "CONNECTION_NOT_FOUND"), (reply.Status, reply.Reason));
    }

    [Fact]
    public async Task A_method_that_there_is_not_is_unimplemented()
    {
        using var reply = await client.CallAsync("PageService/Nothing", new GetPageListRequest());

        Assert.Null(await reply.NextAsync(GetPageListResponse.Parser));
        Assert.Equal(StatusCode.Unimplemented, reply.Status);
    }

    [Theory]
    [InlineData(WebCaller.Binary)]
    [InlineData(WebCaller.Text)]
    public async Task A_watch_gets_a_change_at_once(string contentType)
    {
        using var stream = await OpenAsync("m", contentType);
        var watch = Stopwatch.StartNew();

        await Commits.MakeAsync(committer, "m", 7);
        var message = await stream.NextAsync(WatchPageListResponse.Parser);

        Assert.Equal(7, message?.Changes.PageList.Quota.Bought);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, AtOnce);
    }

    [Fact]
    public async Task A_quiet_stream_stays_open()
    {
        using var stream = await OpenAsync("quiet", WebCaller.Binary);

        // Later than the 5 seconds for which Kestrel is patient with callers that are too slow.
        Assert.NotNull((await stream.NextAsync(WatchPageListResponse.Parser))?.Checkpoint);
        await Commits.MakeAsync(committer, "quiet", 1);
        Assert.Equal(1, (await stream.NextAsync(WatchPageListResponse.Parser))?.Changes.PageList.Quota.Bought);
    }

    [Theory]
    [InlineData(WebCaller.Binary)]
    [InlineData(WebCaller.Text)]
    public async Task A_stream_is_told_when_the_service_ends(string contentType)
    {
        using var stream = await OpenAsync("m", contentType);

        var exit = server.Process.TerminateAsync();
        Assert.Null(await stream.NextAsync(WatchPageListResponse.Parser));
        await exit;

        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), (stream.Status, stream.Reason));
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
    }

    [Fact]
    public async Task A_caller_that_goes_away_makes_room_for_the_next()
    {
        var first = await OpenAsync("m", WebCaller.Binary);
        using var refused = await client.CallAsync(WatchPageList, new WatchPageListRequest { MerchantId = "m" });
        Assert.Equal(StatusCode.ResourceExhausted, refused.Status);

        first.Dispose();
        var watch = Stopwatch.StartNew();

        await Eventually.TrueAsync(async () =>
        {
            using var next = await client.CallAsync(WatchPageList, new WatchPageListRequest { MerchantId = "m" });
            return await next.NextAsync(WatchPageListResponse.Parser) is { Snapshot.Reason: SnapshotReason.Initial };
        });

        // Not only when the next checkpoint finds nobody.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, AtOnce);
    }

    [Fact]
    public async Task A_slow_reader_gets_the_newest_list_in_place_of_what_it_missed()
    {
        // More than the two sockets take.
        const int Newest = 800;
        await Commits.EnlargePageListAsync(committer, "m");
        using var stream = await client.CallAsync(WatchPageList, new WatchPageListRequest { MerchantId = "m" });

        for (var number = 1; number <= Newest; number++)
        {
            await Commits.MakeAsync(committer, "m", number);
        }

        var log = new WatchLog();
        while (log.List?.Quota.Bought != Newest)
        {
            log.Add(Assert.IsType<WatchPageListResponse>(await stream.NextAsync(WatchPageListResponse.Parser)));
        }

        Assert.Equal([SnapshotReason.Initial, SnapshotReason.FellBehind], log.Snapshots);
    }

    private async Task<WebReply> OpenAsync(string merchantId, string contentType)
    {
        var stream = await client.CallAsync(WatchPageList, new WatchPageListRequest { MerchantId = merchantId }, contentType);
        Assert.Equal(HttpStatusCode.OK, stream.Http.StatusCode);
        Assert.Equal(SnapshotReason.Initial, (await stream.NextAsync(WatchPageListResponse.Parser))?.Snapshot.Reason);
        return stream;
    }
}
