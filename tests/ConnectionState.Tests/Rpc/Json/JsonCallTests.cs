using System.Diagnostics.Metrics;
using System.Net;
using ConnectionStateService.Hosting;
using ConnectionStateService.Rpc.Json;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>Calls in JSON answer as gRPC does.</summary>
public sealed class JsonCallTests : IAsyncLifetime, IDisposable
{
    private readonly FakeLogCollector log = new();
    private Service service = null!;
    private HttpClient http = null!;

    public static TheoryData<StatusCode> Codes => [.. Enum.GetValues<StatusCode>()];

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(
            new() { ["Limits:CallsPerMerchant"] = "20", ["Limits:Burst"] = "1", ["Listen:AllowedOrigins:0"] = "https://inbox.example" },
            services => services.AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));
        http = service.NewHttpClient();
    }

    public Task DisposeAsync() => service.DisposeAsync().AsTask();

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task A_page_is_connected_and_read_as_over_gRPC()
    {
        var begun = await CallAsync<BeginConnectResponse>(new BeginConnectRequest { MerchantId = "m", Provider = Provider.Zalo });
        var session = begun.Session.SessionId;
        await CallAsync<SubmitAccountResponse>(new SubmitAccountRequest
        {
            MerchantId = "m",
            SessionId = session,
            Account = new() { AccountId = "a", Name = "Lan", Personal = true },
            Candidates = { new Candidate { PageId = "p:1", Name = "Quán Phở", Role = PageRole.Admin } },
        });
        await CallAsync<ChoosePageResponse>(new ChoosePageRequest { MerchantId = "m", SessionId = session, PageId = "p:1" });
        var granted = await CallAsync<GrantResponse>(new GrantRequest { MerchantId = "m", SessionId = session, MessagingConsent = true });

        var page = new PageRef { Provider = Provider.Zalo, PageId = "p:1" };
        Assert.Equal(Connection.Types.State.Connected, granted.Connection.State);
        await AssertAnswersAsGrpcAsync(new GetPageListRequest { MerchantId = "m" });
        await AssertAnswersAsGrpcAsync(new GetConnectionRequest { MerchantId = "m", Page = page });
        await AssertAnswersAsGrpcAsync(new FindConnectionsRequest { Page = page });
        await AssertAnswersAsGrpcAsync(new GetConnectSessionRequest { MerchantId = "m", SessionId = session });
        await AssertAnswersAsGrpcAsync(new ListChangesRequest { MerchantId = "m", Page = page, AfterRevision = 1, Limit = 2 });
    }

    [Fact]
    public async Task A_repeat_with_the_same_request_id_is_applied_once_whatever_the_transport()
    {
        var request = new BeginConnectRequest { MerchantId = "repeated", Provider = Provider.Zalo, RequestId = "r-1" };

        var first = await CallAsync<BeginConnectResponse>(request);
        var again = await CallAsync<BeginConnectResponse>(request);
        var overGrpc = await service.Client.Connect.BeginConnectAsync(request);

        Assert.Equal(first.Session.SessionId, again.Session.SessionId);
        Assert.Equal(first.Session.SessionId, overGrpc.Session.SessionId);
    }

    [Fact]
    public async Task An_error_has_the_status_the_message_and_the_details_of_gRPC()
    {
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "small", Plan = Plan.Trial });
        await ConnectAsync("small", "first");
        var session = (await service.Client.Connect.BeginConnectAsync(new() { MerchantId = "other", Provider = Provider.Facebook })).Session.SessionId;
        (IMessage Request, HttpStatusCode Http)[] calls =
        [
            (new GetPageListRequest { MerchantId = "not valid" }, HttpStatusCode.BadRequest),
            (new GetConnectionRequest { MerchantId = "small", Page = new() { Provider = Provider.Facebook, PageId = "none" } }, HttpStatusCode.NotFound),
            (new GetConnectSessionRequest { MerchantId = "small", SessionId = "none" }, HttpStatusCode.NotFound),
            (new BeginConnectRequest { MerchantId = "small", Provider = Provider.Facebook }, HttpStatusCode.TooManyRequests),
            (new GrantRequest { MerchantId = "other", SessionId = session }, HttpStatusCode.BadRequest),
        ];

        foreach (var (request, expected) in calls)
        {
            var answer = await JsonCalls.CallAsync(http, MethodOf(request), request);
            var failure = await Assert.ThrowsAsync<RpcException>(() => SampleRequests.SendAsync(service.Client, request));

            Assert.Equal(expected, answer.Http);
            Assert.Equal(failure.GetRpcStatus(), answer.Error);
            Assert.NotEqual("", answer.Reason);
            Assert.Null(answer.Headers.RetryAfter);
        }
    }

    [Fact]
    public async Task A_call_above_the_rate_of_its_merchant_is_refused_and_told_when_to_retry()
    {
        JsonAnswer answer;
        do
        {
            answer = await JsonCalls.SendAsync(http, "GET", "/v1/merchants/noisy/pages");
        }
        while (answer.Http == HttpStatusCode.OK);

        Assert.Equal((HttpStatusCode.TooManyRequests, "RATE_LIMIT_EXCEEDED"), (answer.Http, answer.Reason));
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        Assert.NotNull(answer.Error.GetDetail<RetryInfo>());
    }

    [Fact]
    public async Task A_call_is_measured_once_by_its_method_as_over_gRPC()
    {
        using var calls = new MetricCollector<double>(service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, "connectionstate.call.duration");
        using var refusals = new MetricCollector<long>(service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, "connectionstate.refusals");

        await JsonCalls.SendAsync(http, "GET", "/v1/merchants/m/pages");
        await JsonCalls.SendAsync(http, "GET", "/v1/merchants/not%20valid/pages");
        await JsonCalls.SendAsync(http, "PUT", "/v1/merchants/m/plan", "{");

        const string Read = "connectionstate.v1.PageService/GetPageList";
        Assert.Equal(
            [(Read, "OK"), (Read, "INVALID_ARGUMENT")],
            calls.GetMeasurementSnapshot().Select(call => ($"{call.Tags["rpc.method"]}", $"{call.Tags["rpc.response.status_code"]}")));
        Assert.Equal(
            [(Read, "INVALID_REQUEST"), ("connectionstate.v1.PlanService/SetPlan", "INVALID_REQUEST")],
            refusals.GetMeasurementSnapshot().Select(refusal => ($"{refusal.Tags["rpc.method"]}", $"{refusal.Tags["error.type"]}")));
    }

    [Fact]
    public async Task A_refusal_before_a_method_is_called_is_counted_too()
    {
        using var refusals = new MetricCollector<long>(service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, "connectionstate.refusals");

        await JsonCalls.SendAsync(http, "PUT", "/v1/merchants/m/plan", "{}", "text/plain");
        await JsonCalls.SendAsync(http, "PUT", "/v1/merchants/m/plan", new string(' ', (256 * 1024) + 1));
        await JsonCalls.SendAsync(http, "GET", "/v1/merchants/m/nothing");
        await SendToGrpcAsync("application/json", "PlanService/SetPlan");

        const string SetPlan = "connectionstate.v1.PlanService/SetPlan";
        Assert.Equal(
            [(SetPlan, "INVALID_REQUEST"), (SetPlan, "RESOURCE_EXHAUSTED"), ("_OTHER", "UNIMPLEMENTED"), (SetPlan, "UNIMPLEMENTED")],
            refusals.GetMeasurementSnapshot().Select(refusal => ($"{refusal.Tags["rpc.method"]}", $"{refusal.Tags["error.type"]}")));
    }

    [Fact]
    public async Task A_call_during_an_outage_of_the_store_fails_as_over_gRPC_with_503()
    {
        var request = new SetPlanRequest { MerchantId = "m", Plan = Plan.Trial };
        await CallAsync<SetPlanResponse>(request);
        File.Delete(service.Database);

        var answer = await JsonCalls.CallAsync(http, MethodOf(request), new SetPlanRequest { MerchantId = "m", Plan = Plan.Standard });

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "STORE_UNAVAILABLE"), (answer.Http, answer.Reason));
        Assert.Equal((int)StatusCode.Unavailable, answer.Error.Code);
        var failure = await Assert.ThrowsAsync<RpcException>(() => SampleRequests.SendAsync(service.Client, new SetPlanRequest { MerchantId = "m", Plan = Plan.Standard }));
        Assert.Equal(failure.GetRpcStatus(), answer.Error);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_code_has_the_HTTP_status_of_google_rpc_Code(StatusCode code)
    {
        int[] expected = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

        Assert.Equal(expected[(int)code], JsonErrors.ToHttpStatus(code));
    }

    [Theory]
    [InlineData("PUT", "plan", "{", "its body is not JSON of this method.")]
    [InlineData("PUT", "plan", "", "its body is not JSON of this method.")]
    [InlineData("PUT", "plan", "null", "")]
    [InlineData("PUT", "plan", "[]", "its body is not JSON of this method.")]
    [InlineData("PUT", "plan", """{"plan":"PLAN_GOLD"}""", "PLAN_GOLD")]
    [InlineData("PUT", "plan", """{"boughtPages":"many"}""", "its body is not JSON of this method.")]
    [InlineData("PUT", "plan", """{"boughtPage":1}""", "boughtPage")]
    [InlineData("PUT", "plan", "{\"plan\":\"\xff\"}", "its body is not UTF-8.")]
    [InlineData("PUT", "plan?plan=PLAN_TRIAL", "{}", "the parameter 'plan' is unknown.")]
    [InlineData("GET", "changes?afterRevison=3", null, "the parameter 'afterRevison' is unknown.")]
    [InlineData("GET", "changes?merchantId=other", null, "the parameter 'merchantId' is unknown.")]
    [InlineData("GET", "changes?limit=many", null, "many")]
    [InlineData("GET", "changes?limit=1&limit=2", null, "")]
    [InlineData("GET", "changes?page.provider=PROVIDER_MYSPACE", null, "PROVIDER_MYSPACE")]
    [InlineData("GET", "pages/facebook/1", null, "facebook")]
    public async Task A_request_that_cannot_be_read_fails_with_INVALID_REQUEST_and_is_logged_once_per_method(
        string verb, string path, string? body, string problem)
    {
        for (var i = 0; i < 3; i++)
        {
            var answer = await JsonCalls.SendAsync(http, verb, $"/v1/merchants/m/{path}", body);

            Assert.Equal((HttpStatusCode.BadRequest, "INVALID_REQUEST"), (answer.Http, answer.Reason));
            Assert.StartsWith("The request cannot be read: ", answer.Error.Message, StringComparison.Ordinal);
            Assert.Contains(problem, answer.Error.Message, StringComparison.Ordinal);
        }

        Assert.Single(log.GetSnapshot(), entry => entry.Id.Id == 2011);
        Assert.DoesNotContain(log.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=nothing")]
    [InlineData("nothing")]
    public async Task A_body_that_does_not_say_that_it_is_JSON_in_UTF_8_is_refused(string? contentType)
    {
        var answer = await JsonCalls.SendAsync(http, "PUT", "/v1/merchants/m/plan", """{"plan":"PLAN_TRIAL"}""", contentType);

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "INVALID_REQUEST"), (answer.Http, answer.Reason));
        Assert.Contains("content-type: application/json", answer.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(log.GetSnapshot(), entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_read_may_have_any_content_type()
    {
        using var call = new HttpRequestMessage(HttpMethod.Get, "/v1/merchants/m/pages") { Content = new ByteArrayContent([]) };
        call.Content.Headers.TryAddWithoutValidation("content-type", "application/json; charset=nothing");

        var answer = await JsonAnswer.ReadAsync(await http.SendAsync(call));

        Assert.Equal(HttpStatusCode.OK, answer.Http);
        Assert.Equal("0", JsonParser.Default.Parse<GetPageListResponse>(answer.Body).PageList.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains("\"revision\": \"0\"", answer.Body.Replace("\":\"", "\": \"", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/merchants/m/plan", "PUT", 256 * 1024)]
    [InlineData("/v1/merchants/m/sessions/s/account", "POST", 4 * 1024 * 1024)]
    public async Task A_body_has_the_limit_of_gRPC(string path, string verb, int limit)
    {
        string BodyOf(int size) => $$"""{"actor":"{{new string('x', size - """{"actor":""}""".Length)}}"}""";

        var most = await JsonCalls.SendAsync(http, verb, path, BodyOf(limit));
        var larger = await JsonCalls.SendAsync(http, verb, path, BodyOf(limit + 1));

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_REQUEST"), (most.Http, most.Reason));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, larger.Http);
        Assert.Equal((int)StatusCode.ResourceExhausted, larger.Error.Code);
        Assert.Contains($"{limit}", larger.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_with_too_much_metadata_is_refused()
    {
        using var call = new HttpRequestMessage(HttpMethod.Get, "/v1/merchants/m/pages");
        call.Headers.Add("x-large", new string('x', 16 * 1024));

        var answer = await JsonAnswer.ReadAsync(await http.SendAsync(call));

        Assert.Equal((HttpStatusCode.RequestHeaderFieldsTooLarge, (int)StatusCode.ResourceExhausted), (answer.Http, answer.Error.Code));
    }

    [Theory]
    [InlineData("GET", "/v1/merchants/m/watch")]
    [InlineData("DELETE", "/v1/merchants/m/plan")]
    [InlineData("GET", "/v1")]
    public async Task A_path_that_is_no_method_is_refused_with_a_message_that_names_the_transports_of_streams(string verb, string path)
    {
        var answer = await JsonCalls.SendAsync(http, verb, path);

        Assert.Equal((HttpStatusCode.NotFound, (int)StatusCode.Unimplemented), (answer.Http, answer.Error.Code));
        Assert.Contains($"{verb} {path}", answer.Error.Message, StringComparison.Ordinal);
        Assert.Contains("gRPC or gRPC-Web", answer.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", "PageService/GetPageList", "GET /v1/merchants/{merchant_id}/pages")]
    [InlineData("application/proto", "PlanService/SetPlan", "PUT /v1/merchants/{merchant_id}/plan")]
    [InlineData("application/connect+proto", "WatchService/WatchPageList", "Streams are not served as JSON.")]
    public async Task The_Connect_protocol_is_refused_with_a_message_that_names_the_right_transport(string contentType, string method, string instead)
    {
        var answer = await SendToGrpcAsync(contentType, method);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Http);
        using var error = System.Text.Json.JsonDocument.Parse(answer.Body);
        Assert.Equal("unimplemented", error.RootElement.GetProperty("code").GetString());
        var message = error.RootElement.GetProperty("message").GetString();
        Assert.Contains("createGrpcWebTransport", message, StringComparison.Ordinal);
        Assert.Contains(instead, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_allowed_origins_may_call_and_a_refused_origin_is_logged_once()
    {
        using var allowed = await PreflightAsync("https://inbox.example");
        using var refused = await PreflightAsync("https://evil.example");
        using var refusedAgain = await PreflightAsync("https://evil.example");
        using var behindProxy = await PreflightAsync("https://console.example", site: "same-origin");

        Assert.Equal("https://inbox.example", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("PUT", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
        var refusal = Assert.Single(log.GetSnapshot(), entry => entry.Id.Id == 1021);
        Assert.Contains("https://evil.example", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gRPC_port_does_not_serve_JSON()
    {
        await using var listening = await Service.StartAsync(listens: true);
        var bound = listening.Services.GetRequiredService<BoundEndpoints>();
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        var refused = await JsonAnswer.ReadAsync(await client.GetAsync(new Uri($"{bound.Grpc}/v1/merchants/m/pages")));
        using var plain = new HttpClient();
        var served = await JsonCalls.SendAsync(plain, "GET", $"{bound.Http}/v1/merchants/m/pages");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (refused.Http, served.Http));
        Assert.Contains("HTTP port", refused.Error.Message, StringComparison.Ordinal);
    }

    private static MethodDescriptor MethodOf(IMessage request) => JsonCalls.Methods.Single(method => method.InputType == request.Descriptor);

    private async Task<HttpResponseMessage> PreflightAsync(string origin, string site = "cross-site")
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/merchants/m/plan");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Sec-Fetch-Site", site);
        preflight.Headers.Add("Access-Control-Request-Method", "PUT");
        preflight.Headers.Add("Access-Control-Request-Headers", "content-type,authorization");
        return await http.SendAsync(preflight);
    }

    private async Task<JsonAnswer> SendToGrpcAsync(string contentType, string method) =>
        await JsonCalls.SendAsync(http, "POST", $"/connectionstate.v1.{method}", "{}", contentType);

    private async Task<T> CallAsync<T>(IMessage request) where T : IMessage, new()
    {
        var answer = await JsonCalls.CallAsync(http, MethodOf(request), request);
        Assert.Equal((HttpStatusCode.OK, answer.Body), (answer.Http, answer.Body));
        return JsonParser.Default.Parse<T>(answer.Body);
    }

    private async Task AssertAnswersAsGrpcAsync(IMessage request)
    {
        var method = MethodOf(request);
        var answer = await JsonCalls.CallAsync(http, method, request);

        Assert.Equal(await SampleRequests.SendAsync(service.Client, request), JsonParser.Default.Parse(answer.Body, method.OutputType));
    }

    private async Task ConnectAsync(string merchantId, string pageId)
    {
        var session = (await service.Client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Zalo })).Session.SessionId;
        await service.Client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session,
            Account = new() { AccountId = "a", Name = "Lan", Personal = true },
            Candidates = { new Candidate { PageId = pageId, Name = "A page", Role = PageRole.Admin } },
        });
        await service.Client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = session, PageId = pageId });
        await service.Client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = session, MessagingConsent = true });
    }
}
