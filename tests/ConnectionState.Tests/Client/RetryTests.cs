using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>Retries by the channel's service config.</summary>
public sealed class RetryTests
{
    private static readonly DisconnectRequest Request = new() { MerchantId = "m", Page = new() { PageId = "p" } };

    private readonly ConnectionStateClientOptions options = new()
    {
        InitialBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(2),
    };

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Aborted)]
    public async Task UNAVAILABLE_and_ABORTED_are_retried_with_the_same_request_id(StatusCode status)
    {
        var server = new ScriptedServer(status, status, StatusCode.OK);
        using var client = Client(server);

        await client.Pages.DisconnectAsync(Request);

        Assert.Equal(3, server.RequestIds.Count);
        Assert.NotEmpty(Assert.Single(server.RequestIds.Distinct()));
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.DataLoss)]
    public async Task Other_failures_are_not_retried(StatusCode status)
    {
        var server = new ScriptedServer(status, StatusCode.OK);
        using var client = Client(server);

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.Pages.DisconnectAsync(Request).ResponseAsync);

        Assert.Equal((status, 1), (failure.StatusCode, server.RequestIds.Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public async Task A_call_makes_at_most_MaxAttempts_attempts(int attempts)
    {
        options.MaxAttempts = attempts;
        var server = new ScriptedServer(StatusCode.Unavailable);
        using var client = Client(server);

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.Pages.DisconnectAsync(Request).ResponseAsync);

        Assert.True(failure.GetConnectionStateError().IsTransient);
        Assert.Equal(attempts, server.RequestIds.Count);
    }

    [Fact]
    public async Task Retries_stop_when_the_budget_is_used_up_so_that_calls_fail_fast()
    {
        options.RetryBudget = 7;
        var server = new ScriptedServer(StatusCode.Unavailable);
        using var client = Client(server);

        for (var call = 0; call < 4; call++)
        {
            await Assert.ThrowsAsync<RpcException>(() => client.Pages.DisconnectAsync(Request).ResponseAsync);
        }

        // Five attempts, two that use up the budget, and one for each further call.
        Assert.Equal(5 + 2 + 1 + 1, server.RequestIds.Count);
    }

    private ConnectionStateClient Client(ScriptedServer server) => new(options, channel => channel.HttpHandler = server);
}
