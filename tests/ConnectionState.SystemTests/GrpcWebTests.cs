using System.Diagnostics;
using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>gRPC-Web on the wire, against a real server.</summary>
public sealed class GrpcWebTests : IAsyncLifetime, IDisposable
{
    private const string GetPageList = "PageService/GetPageList";
    private const string WatchPageList = "WatchService/WatchPageList";

    // Many times the usual delay, and far less than any interval or timeout of the service.
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
    public async Task A_response_has_the_content_type_of_the_request(string contentType)
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
    public async Task An_error_has_its_status_and_reason(string contentType)
    {
        var request = new GetConnectionRequest { MerchantId = "m", Page = new() { Provider = Provider.Zalo, PageId = "p" } };
        using var reply = await client.CallAsync("PageService/GetConnection", request, contentType);

        Assert.Null(await reply.NextAsync(GetConnectionResponse.Parser));
        Assert.Equal((StatusCode.NotFound, "CONNECTION_NOT_FOUND"), (reply.Status, reply.Reason));
    }

    [Fact]
    public async Task An_unknown_method_fails_with_UNIMPLEMENTED()
    {
        using var reply = await client.CallAsync("PageService/Nothing", new GetPageListRequest());

        Assert.Null(await reply.NextAsync(GetPageListResponse.Parser));
        Assert.Equal(StatusCode.Unimplemented, reply.Status);
    }

    [Theory]
    [InlineData(WebCaller.Binary)]
    [InlineData(WebCaller.Text)]
    public async Task A_watch_stream_gets_a_change_at_once(string contentType)
    {
        using var stream = await OpenAsync("m", contentType);
        var watch = Stopwatch.StartNew();

        await Commits.MakeAsync(committer, "m", 7);
        var message = await stream.NextAsync(WatchPageListResponse.Parser);

        Assert.Equal(7, message?.Changes.PageList.Quota.Bought);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, AtOnce);
    }

    [Fact]
    public async Task A_quiet_stream_stays_open_longer_than_Kestrels_rate_limits()
    {
        using var stream = await OpenAsync("quiet", WebCaller.Binary);

        // The checkpoint comes after the 5 seconds of Kestrel's minimum data rate grace period.
        Assert.NotNull((await stream.NextAsync(WatchPageListResponse.Parser))?.Checkpoint);
        await Commits.MakeAsync(committer, "quiet", 1);
        Assert.Equal(1, (await stream.NextAsync(WatchPageListResponse.Parser))?.Changes.PageList.Quota.Bought);
    }

    [Theory]
    [InlineData(WebCaller.Binary)]
    [InlineData(WebCaller.Text)]
    public async Task A_watch_stream_ends_with_SHUTTING_DOWN_when_the_service_stops(string contentType)
    {
        using var stream = await OpenAsync("m", contentType);

        var exit = server.Process.TerminateAsync();
        Assert.Null(await stream.NextAsync(WatchPageListResponse.Parser));
        await exit;

        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), (stream.Status, stream.Reason));
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
    }

    [Fact]
    public async Task A_client_that_disconnects_frees_its_stream_slot()
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

        // Not only when writing the next checkpoint fails.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, AtOnce);
    }

    [Fact]
    public async Task A_slow_reader_gets_a_FELL_BEHIND_snapshot()
    {
        // More than the buffers of both sockets hold.
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
