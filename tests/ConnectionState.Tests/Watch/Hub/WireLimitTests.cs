using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What a caller is told when too many watch.</summary>
public sealed class WireLimitTests
{
    [Theory]
    [InlineData("Watch:StreamsPerMerchant", "MERCHANT", "merchant-1")]
    [InlineData("Watch:Streams", "PROCESS", "merchant-2")]
    public async Task One_stream_too_many_is_told_whose_limit_it_is_and_when_to_try_again(string option, string scope, string next)
    {
        await using var service = await Service.StartAsync(new() { [option] = "2" });
        using var channel = service.NewChannel();
        using var first = await WatchAsync(channel, "merchant-1");
        using var second = await WatchAsync(channel, "merchant-1");

        var refused = await Assert.ThrowsAsync<RpcException>(() => WatchAsync(channel, next));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        var details = Status.Parser.ParseFrom(refused.Trailers.GetValueBytes("grpc-status-details-bin"));
        var info = details.Details.Single(d => d.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
        Assert.Equal(("WATCH_LIMIT_EXCEEDED", "connectionstate"), (info.Reason, info.Domain));
        Assert.Equal((scope, "2"), (info.Metadata["scope"], info.Metadata["limit"]));
        var retry = details.Details.Single(d => d.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>();
        Assert.True(retry.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task The_client_library_names_the_reason()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:StreamsPerMerchant"] = "1" });
        using var first = service.Client.Watches.WatchPageList(new() { MerchantId = "merchant-1" });
        Assert.True(await first.ResponseStream.MoveNext(CancellationToken.None));

        using var second = service.Client.Watches.WatchPageList(new() { MerchantId = "merchant-1" });

        await Shop.RefusedAsync(
            ErrorReason.WatchLimitExceeded,
            StatusCode.ResourceExhausted,
            () => second.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_that_goes_makes_room_for_the_next()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:Streams"] = "1" });
        using var channel = service.NewChannel();
        (await WatchAsync(channel, "merchant-1")).Dispose();

        // The service hears of it soon, not at once.
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                using var next = await WatchAsync(channel, "merchant-2");
                return true;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted)
            {
                return false;
            }
        });
    }

    private static async Task<AsyncServerStreamingCall<WatchPageListResponse>> WatchAsync(GrpcChannel channel, string merchantId)
    {
        var call = new WatchService.WatchServiceClient(channel).WatchPageList(new() { MerchantId = merchantId });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call;
    }
}
