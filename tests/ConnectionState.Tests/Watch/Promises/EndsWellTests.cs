using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>Ends well: a stream ends in a way that tells its caller to resume.</summary>
public sealed class EndsWellTests
{
    [Fact]
    public async Task Ends_well_Every_stream_fails_with_SHUTTING_DOWN_when_the_service_stops()
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
    public async Task Ends_well_Streams_end_with_OK_at_random_times_between_one_and_two_lifetimes_and_can_be_resumed()
    {
        var lifetime = new WatchOptions().StreamLifetime;
        var fixture = new FakeClockService();
        await fixture.InitializeAsync();
        await using var service = fixture.Service;
        await using var merchant = new WatchedMerchant(service);
        var streams = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => merchant.BeginAsync()));

        // All streams are open: they get the commit.
        fixture.Clock.Advance(lifetime - TimeSpan.FromSeconds(1));
        await merchant.CommitAsync();
        await Task.WhenAll(streams.Select(merchant.CaughtUpAsync));

        // Half of them have ended, on average. The others get the commit.
        fixture.Clock.Advance(lifetime / 2);
        await merchant.CommitAsync();
        await Task.WhenAll(streams.Select(s => s.UntilAsync(now => now.Ending is not null || now.Messages[^1].Position == merchant.Head)));
        Assert.InRange(streams.Count(s => s.Stream.Ending is not null), 1, 19);

        // Twice the lifetime is over: with a second less, one run in sixty had a stream that was still within its own.
        fixture.Clock.Advance((lifetime / 2) + TimeSpan.FromSeconds(1));
        var endings = await Task.WhenAll(streams.Select(s => s.EndAsync()));
        Assert.All(endings, ending => Assert.Equal((false, StatusCode.OK), (ending.ByCaller, ending.Status)));

        await merchant.CommitAsync();
        await Task.WhenAll(streams.Select(async s => await merchant.CaughtUpAsync(await merchant.BeginAsync(s.Token))));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Ends_well_A_canceled_stream_frees_its_place()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:Streams"] = "1" });
        await using var merchant = new WatchedMerchant(service);

        for (var i = 0; i < 20; i++)
        {
            // The service notices a cancellation shortly after the caller.
            await Eventually.TrueAsync(async () =>
            {
                await using var stream = merchant.Open();
                return (await stream.UntilAsync(s => !s.Messages.IsEmpty || s.Ending is not null)).Ending is null;
            });
        }
    }
}
