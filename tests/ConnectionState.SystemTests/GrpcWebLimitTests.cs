using System.Net;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>gRPC-Web: CORS, ports and message sizes.</summary>
public sealed class GrpcWebLimitTests : IAsyncLifetime, IDisposable
{
    private const string GetPageList = "PageService/GetPageList";
    private const string Listed = "https://inbox.example";
    private const string Stranger = "https://stranger.example";

    private readonly TemporaryFolder folder = new();
    private ServerProcess server = null!;
    private WebCaller client = null!;

    public async Task InitializeAsync()
    {
        server = await ServerProcess.StartAsync(folder.File("cs.db"), $"--Listen:AllowedOrigins:0={Listed}");
        client = new WebCaller(server.Http);
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_may_call_and_read_the_status()
    {
        using var answer = await client.PreflightAsync(GetPageList, Listed);
        using var other = await client.PreflightAsync(GetPageList, Listed, "DELETE");
        using var reply = await client.CallAsync(GetPageList, new GetPageListRequest(), headers: ("Origin", Listed));

        Assert.Equal([Listed], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["GET,POST,PUT"], answer.Headers.GetValues("Access-Control-Allow-Methods"));
        Assert.Equal(["GET,POST,PUT"], other.Headers.GetValues("Access-Control-Allow-Methods"));
        Assert.Equal(["content-type,grpc-timeout,x-grpc-web,x-user-agent"], answer.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.Equal([Listed], reply.Http.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["grpc-status,grpc-message,grpc-status-details-bin,Retry-After"], reply.Http.Headers.GetValues("Access-Control-Expose-Headers"));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST"), (reply.Status, reply.Reason));
    }

    [Theory]
    [InlineData(Stranger)]
    [InlineData("http://inbox.example")]
    [InlineData("https://inbox.example:8443")]
    [InlineData("null")]
    public async Task A_page_of_another_origin_gets_no_CORS_headers_and_is_logged_once(string origin)
    {
        using var answer = await client.PreflightAsync(GetPageList, origin);
        using var reply = await client.CallAsync(GetPageList, new GetPageListRequest { MerchantId = "m" }, headers: ("Origin", origin));

        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(reply.Http.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        await Eventually.TrueAsync(() => Task.FromResult(server.Process.Output.Contains("Refused a call from", StringComparison.Ordinal)));
        Assert.Single(
            server.Process.Output.Split('\n'),
            line => line.EndsWith(
                $"Refused a call from origin {origin}: it is not in Listen:AllowedOrigins. Logged once per origin.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_gRPC_port_refuses_gRPC_Web()
    {
        using var http = new HttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Grpc, $"connectionstate.v1.{GetPageList}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 3, 10, 1, (byte)'m']),
        };
        call.Content.Headers.ContentType = new(WebCaller.Binary);

        using var answer = await http.SendAsync(call);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    // The last one is far above the limit, so that a body limit of Kestrel near gRPC's would show.
    [Theory]
    [InlineData(256 * 1024, StatusCode.InvalidArgument)]
    [InlineData((256 * 1024) + 1, StatusCode.ResourceExhausted)]
    [InlineData(2_000_000, StatusCode.ResourceExhausted)]
    public async Task The_size_limit_of_a_message_is_the_same_as_with_gRPC(int size, StatusCode status)
    {
        // A message within the limit is read and refused as invalid.
        var request = RequestOf(size);
        using var binary = await client.CallAsync(GetPageList, request, WebCaller.Binary);
        using var text = await client.CallAsync(GetPageList, request, WebCaller.Text);
        using var native = server.NewClient();
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await native.Pages.GetPageListAsync(request));

        Assert.Equal([status, status, status], [binary.Status, text.Status, failure.StatusCode]);
        AssertNothingLogged();
    }

    [Fact]
    public async Task A_body_that_is_not_base64_fails_with_INVALID_REQUEST_and_is_logged_once_per_method()
    {
        for (var i = 0; i < 3; i++)
        {
            using var reply = await client.SendAsync(GetPageList, "????????"u8.ToArray(), WebCaller.Text);
            Assert.Null(await reply.NextAsync(GetPageListResponse.Parser));
            Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST"), (reply.Status, reply.Reason));
        }

        using var valid = await client.CallAsync(GetPageList, new GetPageListRequest { MerchantId = "m" });
        Assert.Equal("m", (await valid.NextAsync(GetPageListResponse.Parser))?.PageList.MerchantId);
        AssertRefusalLogged();
    }

    [Fact]
    public async Task A_body_that_ends_within_a_message_is_refused()
    {
        using var reply = await client.SendAsync(GetPageList, "AAAAAAMKAW"u8.ToArray(), WebCaller.Text);

        Assert.Null(await reply.NextAsync(GetPageListResponse.Parser));
        Assert.Equal(StatusCode.InvalidArgument, reply.Status);
        AssertRefusalLogged();
    }

    [Fact]
    public async Task The_Accept_header_is_never_copied_into_the_response()
    {
        using var reply = await client.CallAsync(
            GetPageList, new GetPageListRequest { MerchantId = "m" }, headers: ("Accept", "application/grpc-web+é"));

        Assert.Equal("m", (await reply.NextAsync(GetPageListResponse.Parser))?.PageList.MerchantId);
        Assert.Null(await reply.NextAsync(GetPageListResponse.Parser));
        Assert.Equal((StatusCode.OK, "application/grpc-web"), (reply.Status, reply.ContentType));
        AssertNothingLogged();
    }

    // Requests that anybody can send must not fill the log.
    private void AssertRefusalLogged() =>
        Assert.Collection(
            server.Process.Output.TrimEnd().Split('\n'),
            started => Assert.Equal(server.Announcement, started),
            refused => Assert.EndsWith(
                $"Refused a request to /connectionstate.v1.{GetPageList}: it is not a valid message. Logged once per method.",
                refused,
                StringComparison.Ordinal));

    private void AssertNothingLogged() => Assert.Equal($"{server.Announcement}\n", server.Process.Output);

    private static GetPageListRequest RequestOf(int size)
    {
        var request = new GetPageListRequest { MerchantId = new string('m', size) };
        request.MerchantId = request.MerchantId[(request.CalculateSize() - size)..];
        Assert.Equal(size, request.CalculateSize());
        return request;
    }
}
