using System.Diagnostics.Metrics;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Slow readers cost little, and cost nobody else anything.</summary>
public sealed class BoundedTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(64)]
    public async Task Bounded_A_reader_that_does_not_read_gets_the_newest_list_and_others_notice_nothing(int bound)
    {
        await using var service = await Service.StartAsync(new() { ["Watch:BufferedChanges"] = $"{bound}" });
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        using var fallen = new CounterReading(
            service.Services.GetRequiredService<IMeterFactory>(), "connectionstate.watch.fallen_behind");
        var reads = new TaskCompletionSource();
        var slow = merchant.Open(options: new() { BeforeEach = () => reads.Task });
        var fast = await merchant.BeginAsync();

        // What lies in the network's buffers comes first: how much that is, only the counter tells. The fast one is given the time to
        // be fast, so that never more waits for it than may.
        await Eventually.TrueAsync(async () =>
        {
            await merchant.CommitAsync(20);
            await merchant.CaughtUpAsync(fast);
            return fallen.Total > 0;
        });
        reads.SetResult();
        await merchant.CaughtUpAsync(slow);
        await merchant.CommitAsync();
        await merchant.CaughtUpAsync(slow);

        Assert.Contains(slow.Stream.Messages, m => m.Reason is Reason.FellBehind);
        Assert.True(slow.Stream.Messages[^1].IsChanges);
        Assert.DoesNotContain(fast.Stream.Messages.Skip(1), m => m.IsSnapshot);
        await merchant.AssertKeptAsync(new() { BufferedChanges = bound });
    }

    [Fact]
    public async Task Bounded_A_stream_beyond_the_limit_is_refused_and_the_others_stay()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:StreamsPerMerchant"] = "2", ["Watch:Streams"] = "3" });
        await using var one = new WatchedMerchant(service);
        await using var other = new WatchedMerchant(service);
        var first = await one.BeginAsync();
        await one.BeginAsync();

        Assert.Equal(("MERCHANT", "2"), await RefusedAsync(one));
        await other.BeginAsync();
        Assert.Equal(("PROCESS", "3"), await RefusedAsync(other));

        // A place that is given up can be taken by the next.
        await first.HangUpAsync();
        await Eventually.TrueAsync(async () =>
            (await one.Open().UntilAsync(s => !s.Messages.IsEmpty || s.Ending is not null)).Ending is null);
    }

    private static async Task<(string Scope, string Limit)> RefusedAsync(WatchedMerchant merchant)
    {
        await using var stream = merchant.Open();
        var ending = await stream.EndAsync();
        Assert.Equal((StatusCode.ResourceExhausted, ErrorReason.WatchLimitExceeded), (ending.Status, ending.Reason));
        return (stream.Failure!.Metadata["scope"], stream.Failure.Metadata["limit"]);
    }
}
