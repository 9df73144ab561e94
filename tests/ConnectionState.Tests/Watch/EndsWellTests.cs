using ConnectionStateService.Rpc.Standard;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Streams end so that their callers know what to do: watch again, with the last token.</summary>
public sealed class EndsWellTests
{
    [Fact]
    public async Task Ends_well_When_the_service_stops_every_stream_fails_with_SHUTTING_DOWN()
    {
        await using var service = await Service.StartAsync();
        await using var merchant = new WatchedMerchant(service);
        await using var unknown = new WatchedMerchant(service);
        await merchant.CommitAsync(3);
        StreamRecorder[] streams =
        [
            await merchant.BeginAsync(),
            await merchant.BeginAsync(ResumeToken.Encode(merchant.Id, merchant.Back(0))),
            await merchant.BeginAsync(ResumeToken.Encode(merchant.Id, merchant.Back(2))),
            await unknown.BeginAsync(),
        ];

        await service.StopAsync();

        foreach (var stream in streams)
        {
            var ending = await stream.EndAsync();
            Assert.Equal((false, StatusCode.Unavailable, ErrorReason.ShuttingDown), (ending.ByCaller, ending.Status, ending.Reason));
        }
    }

    [Fact]
    public async Task Ends_well_When_the_service_stops_the_watch_of_its_health_ends_too()
    {
        await using var service = await Service.StartAsync();
        using var channel = service.NewChannel();
        using var watch = new Health.HealthClient(channel).Watch(new());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await service.StopAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Ends_well_A_reader_that_does_not_read_does_not_keep_the_service_from_stopping()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:BufferedChanges"] = "1" });
        await using var merchant = new WatchedMerchant(service);
        var reads = new TaskCompletionSource();
        var slow = merchant.Open(options: new() { BeforeEach = () => reads.Task });
        await merchant.CommitAsync(1_000);

        var stopping = MonotonicTime.Now;
        await service.StopAsync();

        // The shutdown's own limit is 5 seconds; who waits for it has not ended by itself.
        Assert.InRange(MonotonicTime.Now - stopping, TimeSpan.Zero, TimeSpan.FromSeconds(4.5));
        reads.SetResult();
        await slow.EndAsync();
    }

    [Fact]
    public async Task Ends_well_After_its_lifetime_a_stream_ends_with_OK_and_its_caller_goes_on()
    {
        var lifetime = TimeSpan.FromSeconds(1);
        await using var service = await Service.StartAsync(new() { ["Watch:StreamLifetime"] = $"{lifetime}" });
        await using var merchant = new WatchedMerchant(service);
        string? token = null;

        for (var life = 1; life <= 2; life++)
        {
            var stream = merchant.Open(token);
            while (stream.Stream.Ending is null)
            {
                await merchant.CommitAsync();
            }

            var ending = stream.Stream.Ending!;
            Assert.Equal((false, StatusCode.OK), (ending.ByCaller, ending.Status));
            Assert.InRange(ending.At - stream.Stream.OpenedAt, 0.9 * lifetime, TimeSpan.FromSeconds(20));
            token = stream.Token;
        }

        await merchant.CaughtUpAsync(await merchant.BeginAsync(token));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Ends_well_Streams_do_not_all_end_at_the_same_time()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:StreamLifetime"] = "00:00:01" });
        await using var merchant = new WatchedMerchant(service);

        var lives = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var stream = merchant.Open();
            return (await stream.EndAsync()).At - stream.Stream.OpenedAt;
        }));

        // Drawn from a second: twenty of them within a tenth of one would be a wonder.
        Assert.InRange(lives.Max() - lives.Min(), TimeSpan.FromSeconds(0.1), TimeSpan.MaxValue);
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Ends_well_A_caller_who_hangs_up_leaves_nothing_behind()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:Streams"] = "1" });
        await using var merchant = new WatchedMerchant(service);

        for (var i = 0; i < 20; i++)
        {
            // There is room for one: the one before must be gone, soon.
            await Eventually.TrueAsync(async () =>
            {
                await using var stream = merchant.Open();
                return (await stream.UntilAsync(s => !s.Messages.IsEmpty || s.Ending is not null)).Ending is null;
            });
        }
    }
}
