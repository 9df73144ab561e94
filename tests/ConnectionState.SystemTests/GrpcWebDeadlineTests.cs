using System.Net.Sockets;
using System.Text;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>gRPC-Web calls whose deadline passes.</summary>
public sealed class GrpcWebDeadlineTests : IAsyncLifetime, IDisposable
{
    private const string WatchPageList = "WatchService/WatchPageList";

    // Less than the 5 seconds after which Kestrel gives up on a stalled request body.
    private static readonly TimeSpan BeforeKestrelGivesUp = TimeSpan.FromSeconds(4);

    private readonly TemporaryFolder folder = new();
    private ServerProcess server = null!;
    private WebCaller client = null!;

    public async Task InitializeAsync()
    {
        server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Watch:StreamsPerMerchant=1");
        client = new WebCaller(server.Http);
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(WebCaller.Binary)]
    [InlineData(WebCaller.Text)]
    public async Task A_watch_stream_ends_with_DEADLINE_EXCEEDED_and_frees_its_slot(string contentType)
    {
        var request = new WatchPageListRequest { MerchantId = "m" };
        using (var stream = await client.CallAsync(WatchPageList, request, contentType, ("grpc-timeout", "5S")))
        {
            Assert.Equal(SnapshotReason.Initial, (await stream.NextAsync(WatchPageListResponse.Parser))?.Snapshot.Reason);
            Assert.Null(await stream.NextAsync(WatchPageListResponse.Parser));
            Assert.Equal(StatusCode.DeadlineExceeded, stream.Status);
        }

        await Eventually.TrueAsync(async () =>
        {
            using var next = await client.CallAsync(WatchPageList, request, contentType);
            return await next.NextAsync(WatchPageListResponse.Parser) is { Snapshot.Reason: SnapshotReason.Initial };
        });
        Assert.Equal($"{server.Announcement}\n", server.Process.Output);
        await AssertUndisturbedAsync();
    }

    // The rest of the request is never sent.
    [Theory]
    [InlineData(WebCaller.Binary, "application/grpc-web", "\0\0")]
    [InlineData(WebCaller.Text, "application/grpc-web-text", "AAAA")]
    public async Task A_call_without_a_response_yet_ends_with_DEADLINE_EXCEEDED(string sent, string answered, string begun)
    {
        using (var connection = new TcpClient(server.Http.Host, server.Http.Port))
        {
            await using var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                "POST /connectionstate.v1.PageService/GetPageList HTTP/1.1\r\nHost: localhost\r\n"
                + $"Content-Type: {sent}\r\nAccept: {answered}\r\nContent-Length: 64\r\ngrpc-timeout: 100m\r\n\r\n{begun}"));
            var reply = await ReadAsync(stream);

            Assert.Equal("HTTP/1.1 200 OK", reply[0]);
            Assert.Contains($"Content-Type: {answered}", reply, StringComparer.OrdinalIgnoreCase);
            Assert.Contains("grpc-status: 4", reply, StringComparer.OrdinalIgnoreCase);
            Assert.Equal("", reply[^1]);
        }

        await AssertUndisturbedAsync();
    }

    // The headers, up to and including the empty line. There is no body: the status is in the headers.
    private static async Task<List<string>> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        var lines = new List<string>();
        while (await reader.ReadLineAsync().WaitAsync(BeforeKestrelGivesUp) is { } line)
        {
            lines.Add(line);
            if (line.Length == 0)
            {
                break;
            }
        }

        return lines;
    }

    // The service still serves, and stops without errors.
    private async Task AssertUndisturbedAsync()
    {
        using var reply = await client.CallAsync("PageService/GetPageList", new GetPageListRequest { MerchantId = "m" });
        Assert.NotNull(await reply.NextAsync(GetPageListResponse.Parser));

        await server.Process.TerminateAsync();
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
    }
}
