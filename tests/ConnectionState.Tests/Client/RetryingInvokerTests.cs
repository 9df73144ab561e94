using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

public sealed class RetryingInvokerTests
{
    private static readonly DisconnectRequest Request = new() { MerchantId = "m", Page = new() { PageId = "p" } };
    private static readonly DisconnectResponse Response = new();

    private readonly ConnectionStateClientOptions options = new()
    {
        InitialBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(2),
    };

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Aborted)]
    public async Task What_is_safe_to_retry_is_retried_with_the_same_request_id(StatusCode status)
    {
        var network = new ScriptedInvoker(Failure(status), Failure(status), Response);

        Assert.Same(Response, await Client(network).DisconnectAsync(Request));

        var ids = network.Requests.Cast<DisconnectRequest>().Select(r => r.RequestId).ToList();
        Assert.Equal(3, ids.Count);
        Assert.NotEmpty(ids[0]);
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task The_callers_request_is_not_touched_and_its_own_id_is_kept()
    {
        var network = new ScriptedInvoker(Response);
        await Client(network).DisconnectAsync(Request);
        var named = Request.Clone();
        named.RequestId = "mine";
        await Client(network).DisconnectAsync(named);

        Assert.Empty(Request.RequestId);
        Assert.Equal("mine", ((DisconnectRequest)network.Requests[1]).RequestId);
    }

    [Fact]
    public async Task Two_calls_have_two_ids()
    {
        var network = new ScriptedInvoker(Response);
        await Client(network).DisconnectAsync(Request);
        await Client(network).DisconnectAsync(Request);

        Assert.Equal(2, network.Requests.Cast<DisconnectRequest>().Select(r => r.RequestId).Distinct().Count());
    }

    [Fact]
    public async Task The_actor_of_the_options_is_filled_in_where_a_request_names_none()
    {
        options.Actor = "billing";
        var network = new ScriptedInvoker(Response);
        await Client(network).DisconnectAsync(Request);
        var named = Request.Clone();
        named.Actor = "support";
        await Client(network).DisconnectAsync(named);

        Assert.Equal(["billing", "support"], network.Requests.Cast<DisconnectRequest>().Select(r => r.Actor));
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.DeadlineExceeded)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.DataLoss)]
    public async Task What_would_fail_again_is_not_retried(StatusCode status)
    {
        var network = new ScriptedInvoker(Failure(status), Response);

        var failure = await Assert.ThrowsAsync<ConnectionStateException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Equal((status, 1), (failure.StatusCode, network.Requests.Count));
    }

    [Fact]
    public async Task After_the_last_attempt_the_failure_is_told()
    {
        options.MaxAttempts = 3;
        var network = new ScriptedInvoker(Failure(StatusCode.Unavailable));

        var failure = await Assert.ThrowsAsync<ConnectionStateException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Equal((StatusCode.Unavailable, true, 3), (failure.StatusCode, failure.IsTransient, network.Requests.Count));
    }

    [Fact]
    public async Task The_default_deadline_counts_for_all_attempts_together()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Unavailable), Failure(StatusCode.Unavailable), Response);
        var before = DateTime.UtcNow;

        await Client(network).DisconnectAsync(Request);

        var deadline = Assert.Single(network.Options.Select(o => o.Deadline).Distinct());
        Assert.InRange(deadline!.Value, before + options.Deadline, DateTime.UtcNow + options.Deadline);
    }

    [Fact]
    public async Task A_deadline_of_the_call_itself_is_kept()
    {
        var network = new ScriptedInvoker(Response);
        var deadline = DateTime.UtcNow.AddMinutes(7);

        await Client(network).DisconnectAsync(Request, deadline: deadline);

        Assert.Equal(deadline, Assert.Single(network.Options).Deadline);
    }

    [Fact]
    public async Task There_is_no_retry_that_would_begin_after_the_deadline()
    {
        (options.InitialBackoff, options.MaxBackoff) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        var network = new ScriptedInvoker(Failure(StatusCode.Unavailable));

        var failure = await Assert.ThrowsAsync<ConnectionStateException>(
            () => Client(network).DisconnectAsync(Request, deadline: DateTime.UtcNow).ResponseAsync);

        Assert.Equal((StatusCode.Unavailable, 1), (failure.StatusCode, network.Requests.Count));
    }

    [Fact]
    public async Task A_call_that_the_caller_cancels_is_cancelled_and_not_retried()
    {
        using var cancel = new CancellationTokenSource();
        var network = new ScriptedInvoker(Failure(StatusCode.Cancelled)) { OnAttempt = cancel.Cancel };

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client(network).DisconnectAsync(Request, cancellationToken: cancel.Token).ResponseAsync);

        Assert.Equal(cancel.Token, failure.CancellationToken);
        Assert.Single(network.Requests);
    }

    [Fact]
    public async Task The_headers_are_those_of_the_attempt_that_succeeded()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Aborted), Response);
        using var call = Client(network).DisconnectAsync(Request);

        Assert.Equal("2", (await call.ResponseHeadersAsync).GetValue("attempt"));
    }

    [Fact]
    public async Task The_headers_of_a_call_that_failed_fail_too_whatever_the_failure()
    {
        var network = new ScriptedInvoker(new ObjectDisposedException("channel"));
        using var call = Client(network).DisconnectAsync(Request);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.ResponseAsync);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.ResponseHeadersAsync);
    }

    [Fact]
    public void A_blocking_call_is_retried_too()
    {
        var network = new ScriptedInvoker(Failure(StatusCode.Unavailable), Response);

        Assert.Same(Response, Client(network).Disconnect(Request));
    }

    [Fact]
    public void The_waits_are_drawn_between_nothing_and_a_bound_that_doubles_up_to_the_longest()
    {
        var (initial, longest) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        foreach (var (retry, bound) in new[] { (1, 100), (2, 200), (3, 400), (5, 1600), (6, 2000), (60, 2000) })
        {
            var waits = Enumerable.Range(0, 1000).Select(_ => Backoff.Draw(retry, initial, longest).TotalMilliseconds).ToList();
            Assert.All(waits, wait => Assert.InRange(wait, 0, bound));
            Assert.True(waits.Max() > bound * 0.8 && waits.Min() < bound * 0.2, "The draws must fill the range.");
        }
    }

    private static RpcException Failure(StatusCode status) => new(new Status(status, "as scripted"));

    private PageService.PageServiceClient Client(CallInvoker network) => new(new RetryingInvoker(network, options, TimeProvider.System));
}
