using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Client;

/// <summary>A token that lives 5 seconds, on the real clock. TokenRenewalTests shows the details on a fake one.</summary>
public sealed class RealTimeTokenTests : IAsyncLifetime
{
    private const string Merchant = "shop-1";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private readonly AuthService auth = new();

    public RealTimeTokenTests()
    {
        auth.Settings["Auth:ClockSkew"] = "00:00:00";
        auth.Replace = services => services.AddSingleton(TimeProvider.System);
    }

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Fact]
    public async Task A_watch_is_stale_when_its_token_ends_and_goes_on_by_itself_with_a_fresh_one()
    {
        using var stop = new CancellationTokenSource(Eventually.Patience);
        var sinceIssue = Stopwatch.StartNew();
        var first = await auth.IssueAsync(Merchant, lifetime: Lifetime);
        using var raw = new WatchService.WatchServiceClient(auth.Grpc).WatchPageList(new() { MerchantId = Merchant }, AuthService.Bearer(first));
        var rawEnd = EndOfAsync(raw, sinceIssue);

        // The platform has no other token until the list is stale.
        var isOut = true;
        var served = false;
        var options = new ConnectionStateClientOptions
        {
            TokenSource = async _ =>
            {
                if (!served)
                {
                    served = true;
                    return new AccessToken(first, DateTimeOffset.UtcNow + Lifetime - sinceIssue.Elapsed);
                }

                return isOut ? throw new InvalidOperationException("no session") : new AccessToken(await auth.IssueAsync(Merchant, lifetime: Lifetime));
            },
        };
        using var client = new ConnectionStateClient(auth.Grpc, options);
        TimeSpan? staleAt = null;
        await foreach (var update in client.Watcher.WatchAsync(Merchant, cancellationToken: stop.Token))
        {
            if (!update.IsLive)
            {
                staleAt ??= sinceIssue.Elapsed;
                isOut = false;
                continue;
            }

            if (staleAt is not null)
            {
                break;
            }

            Assert.True(sinceIssue.Elapsed < Lifetime + TimeSpan.FromSeconds(1), $"The list is shown as live {sinceIssue.Elapsed} after the token was issued.");
        }

        Assert.InRange(staleAt!.Value, TimeSpan.FromSeconds(3), Lifetime + TimeSpan.FromSeconds(1));
        var (reason, endedAt) = await rawEnd.WaitAsync(Eventually.Patience);
        Assert.Equal(ErrorReason.TokenExpired, reason);
        Assert.InRange(endedAt, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
    }

    private static async Task<(ErrorReason Reason, TimeSpan At)> EndOfAsync(AsyncServerStreamingCall<WatchPageListResponse> stream, Stopwatch sinceIssue)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
            {
                // Until it ends.
            }
        });
        return (failure.GetConnectionStateError().Reason, sinceIssue.Elapsed);
    }
}
