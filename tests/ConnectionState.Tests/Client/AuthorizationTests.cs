using ConnectionStateService.Client;
using ConnectionStateService.Client.Testing;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>The token of unary calls.</summary>
public sealed class AuthorizationTests
{
    private static readonly DisconnectRequest Request = new() { MerchantId = "m", Page = new() { PageId = "p" } };
    private static readonly DisconnectResponse Response = new();

    private readonly ConnectionStateClientOptions options = new();
    private int fetches;

    [Fact]
    public async Task A_key_is_sent_with_every_call()
    {
        options.ApiKey = "cs_sender_1";
        var network = new ScriptedInvoker(Response);
        var client = Client(network);

        await client.DisconnectAsync(Request);
        client.Disconnect(Request);

        Assert.Equal(["Bearer cs_sender_1", "Bearer cs_sender_1"], Sent(network));
    }

    [Fact]
    public async Task Without_key_and_source_no_token_is_sent()
    {
        var network = new ScriptedInvoker(Response);

        await Client(network).DisconnectAsync(Request);

        Assert.Equal([null], Sent(network));
    }

    [Fact]
    public async Task A_token_of_the_caller_is_kept_beside_his_other_headers()
    {
        options.ApiKey = "cs_sender_1";
        var network = new ScriptedInvoker(Response);

        await Client(network).DisconnectAsync(Request, new Metadata { { "authorization", "Bearer mine" } });
        await Client(network).DisconnectAsync(Request, new Metadata { { "trace", "7" } });

        Assert.Equal(["Bearer mine", "Bearer cs_sender_1"], Sent(network));
        Assert.Equal("7", network.Options[1].Headers!.GetValue("trace"));
    }

    [Theory]
    [InlineData(ErrorReason.TokenExpired)]
    [InlineData(ErrorReason.TokenInvalid)]
    [InlineData(ErrorReason.TokenRevoked)]
    public async Task A_call_whose_token_is_refused_is_sent_once_more_with_another_token_and_the_same_request_id(ErrorReason reason)
    {
        UseTokens();
        var network = new ScriptedInvoker(Refusal(reason), Response, Response);
        var client = Client(network);

        using var call = client.DisconnectAsync(Request);

        Assert.Same(Response, await call);
        Assert.Equal("2", (await call.ResponseHeadersAsync).GetValue("attempt"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Single(network.Requests.Cast<DisconnectRequest>().Select(r => r.RequestId).Distinct());
        await client.DisconnectAsync(Request);
        Assert.Equal(["Bearer token-1", "Bearer token-2", "Bearer token-2"], Sent(network));
    }

    [Fact]
    public void A_blocking_call_whose_token_is_refused_is_sent_once_more_with_another_token()
    {
        UseTokens();
        var network = new ScriptedInvoker(Refusal(ErrorReason.TokenExpired), Response);

        Assert.Same(Response, Client(network).Disconnect(Request));
        Assert.Equal(["Bearer token-1", "Bearer token-2"], Sent(network));
    }

    [Fact]
    public async Task A_second_refusal_is_thrown_and_the_next_call_asks_for_another_token()
    {
        UseTokens();
        var network = new ScriptedInvoker(Refusal(ErrorReason.TokenExpired), Refusal(ErrorReason.TokenInvalid, "Wrong audience."), Response);
        var client = Client(network);

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.DisconnectAsync(Request).ResponseAsync);

        Assert.Equal(
            "Wrong audience. Check ConnectionStateClientOptions.TokenSource: its tokens are refused.", failure.GetConnectionStateError().Message);
        Assert.Equal(2, network.Requests.Count);
        await client.DisconnectAsync(Request);
        Assert.Equal("Bearer token-3", Sent(network)[^1]);
    }

    [Fact]
    public async Task A_key_that_is_refused_is_not_sent_again()
    {
        options.ApiKey = "cs_sender_1";
        var network = new ScriptedInvoker(Refusal(ErrorReason.TokenInvalid, "The key is unknown."));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Single(network.Requests);
        Assert.Equal("The key is unknown. Check ConnectionStateClientOptions.ApiKey.", failure.Status.Detail);
    }

    [Fact]
    public async Task A_missing_permission_is_not_a_matter_of_the_token()
    {
        UseTokens();
        var network = new ScriptedInvoker(FakeErrors.Create(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, "The scope is missing."));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Equal((1, "The scope is missing."), (network.Requests.Count, failure.Status.Detail));
    }

    [Fact]
    public async Task A_client_without_a_token_is_told_what_to_set()
    {
        var network = new ScriptedInvoker(Refusal(ErrorReason.TokenMissing, "The call has no token."));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Equal(
            "The call has no token. This client sends no token: set ConnectionStateClientOptions.ApiKey or TokenSource.", failure.Status.Detail);
        Assert.Equal(ErrorReason.TokenMissing, failure.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task A_token_that_does_not_arrive_points_to_a_proxy()
    {
        UseTokens();
        var network = new ScriptedInvoker(Refusal(ErrorReason.TokenMissing, "The call has no token."));

        var failure = await Assert.ThrowsAsync<RpcException>(() => Client(network).DisconnectAsync(Request).ResponseAsync);

        Assert.Equal(
            "The call has no token. This client sends a token: check that no proxy removes the header 'authorization'.", failure.Status.Detail);
        Assert.Single(network.Requests);
    }

    [Fact]
    public async Task A_source_that_throws_fails_the_call_with_its_message_and_nothing_is_sent()
    {
        options.TokenSource = _ => throw new HttpRequestException("Connection refused (login.example:443)");
        var network = new ScriptedInvoker(Response);
        using var call = Client(network).DisconnectAsync(Request);

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(
            "No access token: ConnectionStateClientOptions.TokenSource failed with HttpRequestException: Connection refused (login.example:443). "
            + "The call was not sent.",
            failure.Status.Detail);
        Assert.True(failure.GetConnectionStateError().IsTransient);
        Assert.Equal(StatusCode.Unavailable, call.GetStatus().StatusCode);
        Assert.Empty(network.Requests);
        Assert.Equal(failure.Status.Detail, Assert.Throws<RpcException>(() => Client(network).Disconnect(Request)).Status.Detail);
    }

    [Fact]
    public async Task The_wait_for_a_token_ends_with_the_calls_deadline()
    {
        options.TokenSource = _ => new(new TaskCompletionSource<AccessToken>().Task);
        options.Deadline = TimeSpan.FromMilliseconds(50);
        var network = new ScriptedInvoker(Response);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => Client(network).DisconnectAsync(Request).ResponseAsync.WaitAsync(Eventually.Patience));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal(
            "No access token: ConnectionStateClientOptions.TokenSource did not return a token before the call's deadline. The call was not sent.",
            failure.Status.Detail);
    }

    [Fact]
    public async Task A_call_that_is_canceled_while_it_waits_for_a_token_throws_OperationCanceledException()
    {
        options.TokenSource = _ => new(new TaskCompletionSource<AccessToken>().Task);
        using var cancel = new CancellationTokenSource();
        var call = Client(new ScriptedInvoker(Response)).DisconnectAsync(Request, cancellationToken: cancel.Token).ResponseAsync;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Eventually.Patience));
    }

    private static RpcException Refusal(ErrorReason reason, string message = "") => FakeErrors.Create(reason, StatusCode.Unauthenticated, message);

    private static List<string?> Sent(ScriptedInvoker network) => [.. network.Options.Select(o => o.Headers?.GetValue("authorization"))];

    private void UseTokens() => options.TokenSource = _ => new(new AccessToken($"token-{++fetches}", DateTimeOffset.UtcNow.AddHours(1)));

    private PageService.PageServiceClient Client(CallInvoker network) => new ConnectionStateClient(network, options).Pages;
}
