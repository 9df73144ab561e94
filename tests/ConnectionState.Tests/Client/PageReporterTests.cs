using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;
using State = ConnectionStateService.V1.Connection.Types.State;
using Status = Grpc.Core.Status;
using Success = ConnectionStateService.V1.ReportSuccessRequest.Types.Success;

namespace ConnectionStateService.Tests.Client;

public sealed class PageReporterTests : IAsyncDisposable
{
    private const string Grant = "00000000000000a1";
    private const string OtherGrant = "00000000000000a2";

    private static readonly PageRef Page = new() { Provider = Provider.Zalo, PageId = "4040" };
    private static readonly RpcException Down = new(new Status(StatusCode.Unavailable, "scripted failure"));
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider clock = new(new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero));
    private readonly FakeLogger logger = new();
    private readonly ConnectionStateClientOptions options = new() { Actor = "sender" };
    private readonly ScriptedStreams streams = new();
    private ScriptedInvoker network = new(new ReportSuccessResponse());
    private PageListCache? cache;
    private PageReporter? reporter;

    private PageReporter Reporter => reporter ??= new(
        new ConnectionStateClient(network, options, clock, new SingleLogger(logger), null), cache);

    /// <summary>The successes of each call.</summary>
    private List<List<Success>> Calls => [.. network.Requests.OfType<ReportSuccessRequest>().Select(r => r.Successes.ToList())];

    public async ValueTask DisposeAsync()
    {
        await (reporter?.DisposeAsync() ?? default);
        await (cache?.DisposeAsync() ?? default);
    }

    [Fact]
    public void A_success_is_sent_within_a_second_with_its_page_grant_and_time()
    {
        var at = clock.GetUtcNow();
        Reporter.ReportSuccess("shop-1", Page, Grant);
        Assert.Empty(Calls);

        clock.Advance(Second);

        var expected = new Success { MerchantId = "shop-1", Page = Page, GrantId = Grant, ObservedAt = Timestamp.FromDateTimeOffset(at) };
        Assert.Equal(expected, Assert.Single(Assert.Single(Calls)));
        Assert.Equal("sender", Assert.IsType<ReportSuccessRequest>(network.Requests[0]).Actor);
    }

    [Fact]
    public void Successes_are_sampled_to_one_per_page_and_interval()
    {
        for (var tenth = 0; tenth < 600; tenth++)
        {
            Reporter.ReportSuccess("shop-1", Page, Grant);
            clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Single(Calls);
        Reporter.ReportSuccess("shop-1", Page, Grant);
        clock.Advance(Second);
        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public void SuccessReportInterval_sets_the_interval()
    {
        options.SuccessReportInterval = TimeSpan.FromSeconds(10);
        Report("shop-1");
        clock.Advance(TimeSpan.FromSeconds(8));
        Report("shop-1");
        Assert.Single(Calls);

        Report("shop-1");
        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public void Merchants_pages_and_grants_are_sampled_separately()
    {
        Reporter.ReportSuccess("shop-1", Page, Grant);
        Reporter.ReportSuccess("shop-2", Page, Grant);
        Reporter.ReportSuccess("shop-1", new(Page) { Provider = Provider.Facebook }, Grant);
        Reporter.ReportSuccess("shop-1", new(Page) { PageId = "5050" }, Grant);
        Reporter.ReportSuccess("shop-1", Page, OtherGrant);
        Reporter.ReportSuccess("shop-1", Page, null);
        Reporter.ReportSuccess("shop-1", Page, "");

        clock.Advance(Second);

        Assert.Equal(6, Assert.Single(Calls).Count);
        Assert.Single(Calls[0], s => !s.HasGrantId);
    }

    [Fact]
    public void Up_to_100_successes_are_sent_in_one_call()
    {
        ReportMany(250);

        clock.Advance(Second);

        Assert.Equal([100, 100, 50], Calls.Select(c => c.Count));
        Assert.Equal(250, Calls.SelectMany(c => c).Select(s => s.MerchantId).Distinct().Count());
    }

    [Theory]
    [InlineData(Grant)]
    [InlineData(OtherGrant)]
    [InlineData(null)]
    public async Task The_next_success_after_a_reported_error_is_not_sampled_away(string? grantOfError)
    {
        var soft = new ReportProviderErrorResponse { Strength = SignalStrength.Soft };
        network = new(new ReportSuccessResponse(), soft, new ReportSuccessResponse());
        Report("shop-1");

        await Reporter.ReportErrorAsync("shop-1", Page, grantOfError, -216);
        Report("shop-1");
        Report("shop-1");

        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public async Task An_error_report_that_failed_counts_as_well_because_it_may_have_been_applied()
    {
        network = new(new ReportSuccessResponse(), Down, new ReportSuccessResponse());
        Report("shop-1");

        await Assert.ThrowsAsync<RpcException>(() => Reporter.ReportErrorAsync("shop-1", Page, Grant, -216));
        Report("shop-1");

        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public async Task An_error_that_is_not_about_the_connection_changes_nothing_about_the_sampling()
    {
        network = new(new ReportSuccessResponse(), new ReportProviderErrorResponse { Strength = SignalStrength.None }, new ReportSuccessResponse());
        Report("shop-1");

        await Reporter.ReportErrorAsync("shop-1", Page, Grant, 10, 2018278);
        Report("shop-1");

        Assert.Single(Calls);
    }

    [Theory]
    [InlineData(State.Connected, Health.Suspect, Cause.Unspecified, Grant, true)]
    [InlineData(State.Connected, Health.Suspect, Cause.Unspecified, null, true)]
    [InlineData(State.Connected, Health.Suspect, Cause.Unspecified, OtherGrant, false)]
    [InlineData(State.Revoked, Health.Unspecified, Cause.PermissionRevoked, Grant, true)]
    [InlineData(State.Revoked, Health.Unspecified, Cause.PermissionRevoked, null, false)]
    [InlineData(State.Connected, Health.Ok, Cause.Unspecified, Grant, false)]
    public async Task The_next_success_after_the_cache_shows_the_page_as_suspect_or_lost_is_not_sampled_away(
        State state, Health health, Cause cause, string? grantOfSuccess, bool isReported)
    {
        var stream = await WatchAsync(new() { Page = Page, State = State.Connected, Health = Health.Ok, GrantId = Grant, Revision = 1 });
        Report("m", grantOfSuccess);
        Assert.Single(Calls);

        await ChangeAsync(stream, new() { Page = Page, State = state, Health = health, Cause = cause, GrantId = Grant, Revision = 2 });
        Report("m", grantOfSuccess);
        Report("m", grantOfSuccess);
        Assert.Equal(isReported ? 2 : 1, Calls.Count);

        // More was reported against the page.
        await ChangeAsync(stream, new() { Page = Page, State = state, Health = health, Cause = cause, GrantId = Grant, Revision = 3 });
        Report("m", grantOfSuccess);
        Assert.Equal(isReported ? 3 : 1, Calls.Count);
    }

    [Fact]
    public void The_reporter_does_not_watch_merchants()
    {
        cache = streams.NewCache();

        Report("m");

        Assert.Single(Calls);
        Assert.Equal((0, false), (cache.Count, streams.HasOpened));
    }

    [Fact]
    public void A_call_that_fails_drops_its_successes_and_later_ones_are_reported_again()
    {
        network = new(Down, new ReportSuccessResponse());
        Report("shop-1");
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(Calls);

        Report("shop-1");
        Report("shop-1");

        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public void A_server_that_is_down_gets_one_call_per_second()
    {
        network = new(Down, Down, new ReportSuccessResponse());
        ReportMany(250);

        clock.Advance(Second);
        Assert.Equal([100], Calls.Select(c => c.Count));
        clock.Advance(Second);
        Assert.Equal([100, 100], Calls.Select(c => c.Count));
        clock.Advance(Second);
        Assert.Equal([100, 100, 50], Calls.Select(c => c.Count));
    }

    [Fact]
    public void A_success_that_the_server_did_not_handle_is_reported_again_and_others_are_not()
    {
        network = new(
            new ReportSuccessResponse
            {
                Outcomes =
                {
                    new SignalOutcome { Result = Result.Failed, Reason = ErrorReason.ConcurrentChange },
                    new SignalOutcome { Result = Result.Failed, Reason = ErrorReason.ConnectionNotFound },
                    new SignalOutcome { Result = Result.Unchanged },
                },
            },
            new ReportSuccessResponse());
        ReportMany(3);
        clock.Advance(Second);

        ReportMany(3);
        clock.Advance(Second);

        Assert.Equal("shop-0", Assert.Single(Calls[1]).MerchantId);
    }

    [Fact]
    public void A_success_that_the_server_rejects_does_not_keep_the_others()
    {
        network = new(Rejection("successes[1].grant_id", "successes[2].merchant_id"), new ReportSuccessResponse());
        ReportMany(4);

        clock.Advance(Second);

        Assert.Equal(["shop-0", "shop-3"], Calls[1].Select(s => s.MerchantId));
        Assert.Equal(2, Calls.Count);
        Assert.Single(logger.Collector.GetSnapshot(), r => r.Level is LogLevel.Warning);
        ReportMany(4);
        clock.Advance(Second);
        Assert.Equal(2, Calls.Count);
    }

    [Theory]
    [InlineData(null, "4040", Grant)]
    [InlineData("shop 1", "4040", Grant)]
    [InlineData("shop-1", null, Grant)]
    [InlineData("shop-1", "", Grant)]
    [InlineData("shop-1", "4040", "12345678901234567890123456789012345678901234567890123456789012345")]
    public void An_invalid_success_is_ignored_and_logged_once(string? merchantId, string? pageId, string grantId)
    {
        var page = pageId is null ? null : new PageRef { Provider = Provider.Zalo, PageId = pageId };

        Reporter.ReportSuccess(merchantId!, page!, grantId);
        Reporter.ReportSuccess(merchantId!, page!, grantId);
        clock.Advance(Second);

        Assert.Empty(Calls);
        Assert.Equal(LogLevel.Warning, Assert.Single(logger.Collector.GetSnapshot()).Level);
    }

    [Fact]
    public void The_oldest_successes_are_dropped_when_too_many_wait()
    {
        ReportMany(PageReporter.Capacity + 5);

        clock.Advance(Second);

        Assert.Equal(PageReporter.Capacity, Calls.Sum(c => c.Count));
        Assert.Equal("shop-5", Calls[0][0].MerchantId);
    }

    [Fact]
    public async Task Successes_reported_during_a_call_are_sent_after_it()
    {
        var pending = new TaskCompletionSource<ReportSuccessResponse>();
        network = new(pending, new ReportSuccessResponse());
        Report("shop-1");
        Report("shop-2");
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(Calls);

        pending.SetResult(new());

        await Eventually.TrueAsync(() => Task.FromResult(Calls.Count == 2));
        Assert.Equal("shop-2", Assert.Single(Calls[1]).MerchantId);
    }

    [Fact]
    public async Task Dispose_sends_what_waits_and_ignores_what_comes_later()
    {
        ReportMany(150);

        await Reporter.DisposeAsync();

        Assert.Equal([100, 50], Calls.Select(c => c.Count));
        Report("shop-late");
        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public void Dispose_without_await_sends_what_waits_too()
    {
        ReportMany(1);

        Reporter.Dispose();

        Assert.Single(Calls);
    }

    [Fact]
    public async Task Dispose_ends_although_the_server_does_not_answer()
    {
        network = new(new TaskCompletionSource<ReportSuccessResponse>());
        Report("shop-1");
        Report("shop-2");

        await Reporter.DisposeAsync().AsTask().WaitAsync(Eventually.Patience);

        Assert.Equal(2, Calls.Count);
    }

    [Fact]
    public async Task An_error_is_reported_with_its_grant_its_time_and_a_request_id()
    {
        network = new(new ReportProviderErrorResponse { Strength = SignalStrength.Soft, Meaning = "the token is invalid" });

        var reply = await Reporter.ReportErrorAsync("shop-1", Page, Grant, 100, 33, "Object does not exist", ProviderObject.Page);

        Assert.Equal("the token is invalid", reply.Meaning);
        var request = Assert.IsType<ReportProviderErrorRequest>(Assert.Single(network.Requests));
        Assert.Matches("^[0-9a-f]{32}$", request.RequestId);
        Assert.Equal(
            new ReportProviderErrorRequest
            {
                MerchantId = "shop-1",
                Page = Page,
                GrantId = Grant,
                Code = 100,
                Subcode = 33,
                Message = "Object does not exist",
                Object = ProviderObject.Page,
                ObservedAt = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
                Actor = "sender",
                RequestId = request.RequestId,
            },
            request);
    }

    [Fact]
    public async Task An_error_without_subcode_and_grant_leaves_them_unset()
    {
        network = new(new ReportProviderErrorResponse());

        await Reporter.ReportErrorAsync("shop-1", Page, "", -216);

        var request = Assert.IsType<ReportProviderErrorRequest>(Assert.Single(network.Requests));
        Assert.Equal((false, false), (request.HasGrantId, request.HasSubcode));
    }

    [Fact]
    public async Task A_providers_message_is_made_acceptable_to_the_server()
    {
        network = new(new ReportProviderErrorResponse());

        await Reporter.ReportErrorAsync("shop-1", Page, Grant, 190, message: $"(#190)\r\nExpired\uD83D {new string('x', 3000)}");

        var request = Assert.IsType<ReportProviderErrorRequest>(Assert.Single(network.Requests));
        Assert.StartsWith("(#190)  Expired  xxx", request.Message, StringComparison.Ordinal);
        Assert.Equal(2000, request.Message.Length);
        Assert.Empty(ConnectionStateService.Rpc.Validation.RequestValidator.Validate(request));
    }

    private static RpcException Rejection(params string[] fields)
    {
        var bad = new BadRequest { FieldViolations = { fields.Select(f => new BadRequest.Types.FieldViolation { Field = f }) } };
        var info = new ErrorInfo { Domain = "connectionstate", Reason = "INVALID_REQUEST" };
        var status = new Google.Rpc.Status { Code = (int)StatusCode.InvalidArgument, Details = { Any.Pack(info), Any.Pack(bad) } };
        return status.ToRpcException();
    }

    // Reports a success and lets it be sent.
    private void Report(string merchantId, string? grantId = Grant)
    {
        Reporter.ReportSuccess(merchantId, Page, grantId);
        clock.Advance(Second);
    }

    private void ReportMany(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Reporter.ReportSuccess($"shop-{i}", Page, Grant);
        }
    }

    private async Task<ScriptedStream> WatchAsync(Connection connection)
    {
        cache = streams.NewCache();
        cache.TryGet("m", out _);
        var stream = (await streams.OpenedAsync()).Snapshot(0);
        await ChangeAsync(stream, connection);
        return stream;
    }

    private async Task ChangeAsync(ScriptedStream stream, Connection connection)
    {
        stream.Changes(new PageList { MerchantId = "m", Revision = connection.Revision, Connections = { connection } });
        await cache!.WaitForAsync("m", list => list.Revision == connection.Revision).WaitAsync(Eventually.Patience);
    }

    private sealed class SingleLogger(FakeLogger logger) : ILoggerFactory
    {
        // The client's own log is not what these tests look at.
        public ILogger CreateLogger(string categoryName) =>
            categoryName == typeof(PageReporter).FullName ? logger : new FakeLogger();

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // Nothing to dispose.
        }
    }
}
