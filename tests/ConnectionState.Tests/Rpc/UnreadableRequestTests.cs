using System.Net;
using System.Text;
using ConnectionStateService.Tests.Support;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Requests whose body is not a valid message, over gRPC and gRPC-Web.</summary>
public sealed class UnreadableRequestTests : IAsyncLifetime, IDisposable
{
    private const string Grpc = "application/grpc";
    private const string Web = "application/grpc-web";
    private const string WebText = "application/grpc-web-text";
    private const string GetPageList = "PageService/GetPageList";
    private const string WatchPageList = "WatchService/WatchPageList";
    private const string NotProtobuf = "00-00000003-FFFFFF";
    private const string UnknownFlag = "68-656C6C6F-21";
    private const string NegativeLength = "00-FFFFFFFF-21";
    private const string TruncatedHeader = "00-0000";
    private const string TruncatedMessage = "00-00000003-0A01";
    private const string WithoutMessage = "";
    private const string TwoMessages = "00-00000003-0A016D-00-00000003-0A016D";

    private readonly FakeLogCollector log = new();
    private Service service = null!;
    private HttpClient http = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(replace: services => services.AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));
        http = service.NewHttpClient();
    }

    public Task DisposeAsync() => service.DisposeAsync().AsTask();

    public void Dispose() => http.Dispose();

    [Theory]
    [InlineData(Grpc, GetPageList, NotProtobuf)]
    [InlineData(Grpc, GetPageList, UnknownFlag)]
    [InlineData(Grpc, GetPageList, NegativeLength)]
    [InlineData(Grpc, WatchPageList, NotProtobuf)]
    [InlineData(Web, GetPageList, NotProtobuf)]
    [InlineData(Web, GetPageList, UnknownFlag)]
    [InlineData(Web, WatchPageList, NotProtobuf)]
    [InlineData(WebText, GetPageList, NotProtobuf)]
    [InlineData(WebText, GetPageList, UnknownFlag)]
    public async Task A_body_that_is_not_a_message_fails_with_INVALID_REQUEST_and_is_logged_once_per_method(
        string contentType, string method, string body)
    {
        var bytes = Convert.FromHexString(body.Replace("-", "", StringComparison.Ordinal));

        await AssertRefusedAsync(contentType, method, contentType == WebText ? Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)) : bytes);
    }

    [Theory]
    [InlineData(Grpc)]
    [InlineData(Web)]
    [InlineData(WebText)]
    public async Task A_body_that_ends_too_early_or_goes_on_after_its_message_fails_with_INVALID_REQUEST(string contentType)
    {
        foreach (var method in (string[])[GetPageList, WatchPageList])
        {
            foreach (var body in (string[])[TruncatedHeader, TruncatedMessage, WithoutMessage, TwoMessages])
            {
                var bytes = Convert.FromHexString(body.Replace("-", "", StringComparison.Ordinal));

                var (code, details) = await SendAsync(
                    contentType, method, contentType == WebText ? Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)) : bytes);

                var reason = details.Details.SingleOrDefault()?.Unpack<ErrorInfo>().Reason;
                Assert.True((code, reason) == (StatusCode.InvalidArgument, "INVALID_REQUEST"), $"{method} '{body}': {code} {reason}");
            }
        }

        Assert.Equal(2, Refusals().Count);
        Assert.DoesNotContain(log.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" });
    }

    [Fact]
    public Task A_body_that_is_not_base64_fails_with_INVALID_REQUEST_and_is_logged_once_per_method() =>
        AssertRefusedAsync(WebText, GetPageList, "????????"u8.ToArray());

    [Fact]
    public async Task Each_method_is_logged()
    {
        await SendAsync(Grpc, GetPageList, [2, 0, 0, 0, 0]);
        await SendAsync(Grpc, WatchPageList, [2, 0, 0, 0, 0]);

        Assert.Equal(2, Refusals().Count);
    }

    private async Task AssertRefusedAsync(string contentType, string method, byte[] body)
    {
        for (var i = 0; i < 3; i++)
        {
            var (code, details) = await SendAsync(contentType, method, body);
            var error = Assert.Single(details.Details).Unpack<ErrorInfo>();
            Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST", "connectionstate"), (code, error.Reason, error.Domain));
        }

        var refusal = Assert.Single(Refusals());
        Assert.Equal(
            $"Refused a request to /connectionstate.v1.{method}: it is not a valid message. Logged once per method.", refusal.Message);
        Assert.Null(refusal.Exception);
        Assert.DoesNotContain(log.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" });
    }

    private List<FakeLogRecord> Refusals() =>
        [.. log.GetSnapshot().Where(entry => entry.Message.StartsWith("Refused a request", StringComparison.Ordinal))];

    private async Task<(StatusCode Code, Status Details)> SendAsync(string contentType, string method, byte[] body)
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, $"connectionstate.v1.{method}")
        {
            Version = contentType == Grpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        call.Content.Headers.ContentType = new(contentType);
        call.Headers.TE.Add(new("trailers"));
        using var response = await http.SendAsync(call);

        // A response without messages has its status in the headers.
        var code = (StatusCode)int.Parse(response.Headers.GetValues("grpc-status").Single());
        var details = response.Headers.TryGetValues("grpc-status-details-bin", out var values) ? values.Single() : "";
        return (code, Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '='))));
    }
}
