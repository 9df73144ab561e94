using System.Diagnostics.Metrics;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Reason = ConnectionStateService.V1.SnapshotReason;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>Bounded: a slow reader costs little and affects no other stream, and the number of streams is limited.</summary>
public sealed class BoundedTests
{
    private const int BufferedChanges = 20;

    [Fact]
    public async Task Bounded_A_reader_that_does_not_read_gets_the_newest_page_list_and_others_get_every_change()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:BufferedChanges"] = $"{BufferedChanges}" });
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        using var fallenBehind = new MetricCollector<long>(
            service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, "connectionstate.watch.fallen_behind");
        var canRead = new TaskCompletionSource();
        var slow = merchant.Open(options: new() { BeforeEach = () => canRead.Task });
        var fast = await merchant.BeginAsync();

        // Only the counter tells when the network buffers of the slow stream are full. The fast stream never has more pending changes
        // than the buffer holds, because it catches up after each round.
        using var hang = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (fallenBehind.LastMeasurement is null)
        {
            hang.Token.ThrowIfCancellationRequested();
            await merchant.CommitAsync(BufferedChanges);
            await merchant.CaughtUpAsync(fast);
        }

        canRead.SetResult();
        await merchant.CaughtUpAsync(slow);
        await merchant.CommitAsync();
        await merchant.CaughtUpAsync(slow);

        Assert.Contains(slow.Stream.Messages, m => m.Reason is Reason.FellBehind);
        Assert.True(slow.Stream.Messages[^1].IsChanges);
        Assert.DoesNotContain(fast.Stream.Messages.Skip(1), m => m.IsSnapshot);
        await merchant.AssertKeptAsync(new() { BufferedChanges = BufferedChanges });
    }

    [Theory]
    [InlineData("Watch:StreamsPerMerchant", "MERCHANT", "merchant-1")]
    [InlineData("Watch:Streams", "PROCESS", "merchant-2")]
    public async Task Bounded_A_stream_beyond_a_limit_is_refused_with_the_scope_the_limit_and_a_retry_delay(
        string option, string scope, string merchant)
    {
        await using var service = await Service.StartAsync(new() { [option] = "2" });
        using var channel = service.NewChannel();
        using var first = await WatchAsync(channel, "merchant-1");
        using var second = await WatchAsync(channel, "merchant-1");

        var refused = await Assert.ThrowsAsync<RpcException>(() => WatchAsync(channel, merchant));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        var details = Status.Parser.ParseFrom(refused.Trailers.GetValueBytes("grpc-status-details-bin"));
        var info = details.Details.Single(d => d.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
        Assert.Equal(("WATCH_LIMIT_EXCEEDED", "connectionstate"), (info.Reason, info.Domain));
        Assert.Equal((scope, "2"), (info.Metadata["scope"], info.Metadata["limit"]));
        var retry = details.Details.Single(d => d.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>();
        Assert.True(retry.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    private static async Task<AsyncServerStreamingCall<WatchPageListResponse>> WatchAsync(GrpcChannel channel, string merchantId)
    {
        var call = new WatchService.WatchServiceClient(channel).WatchPageList(new() { MerchantId = merchantId });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call;
    }
}
