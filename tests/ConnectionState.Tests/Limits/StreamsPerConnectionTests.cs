using System.Net;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Limits;

/// <summary><c>Http2.MaxStreamsPerConnection</c> as the service sets it: how much of the service one connection can occupy.</summary>
public sealed class StreamsPerConnectionTests : IAsyncLifetime, IStartupFilter
{
    // KestrelLimitTests compares the value with docs/limits.md.
    private const int Limit = 10_000;

    private const string HeldPath = "/connectionstate.v1.PageService/GetPageList";
    private const string ServedPath = "/connectionstate.v1.PageService/GetConnection";

    // Of HTTP/2: a setting and two error codes.
    private const int MaxConcurrentStreams = 3;
    private const int RefusedStream = 7;
    private const int EnhanceYourCalm = 11;
    private static readonly byte[] Canceled = [0, 0, 0, 8];

    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Service service = null!;
    private int held;

    public async Task InitializeAsync() =>
        service = await Service.StartAsync(listens: true, replace: services => services.AddSingleton<IStartupFilter>(this));

    public async Task DisposeAsync()
    {
        released.SetResult();
        await service.DisposeAsync();
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(HoldAsync);
        next(app);
    };

    [Fact]
    public async Task A_stream_beyond_the_limit_is_refused_alone_until_another_one_has_ended()
    {
        using var connection = await RawHttp2.ConnectAsync(Endpoint);
        var headers = RawHttp2.CallHeaders(HeldPath);
        for (var stream = 0; stream <= Limit; stream++)
        {
            connection.Add(RawHttp2.Headers, RawHttp2.EndHeaders, StreamId(stream), headers);
        }

        Assert.True(await connection.SendAsync());
        await Eventually.TrueAsync(() => Task.FromResult(connection.ServerResets.ContainsKey(StreamId(Limit))));

        Assert.Equal((StreamId(Limit), RefusedStream), connection.ServerResets.Select(reset => (reset.Key, reset.Value)).Single());
        Assert.Equal(Limit, connection.ServerSettings[MaxConcurrentStreams]);
        await AssertOthersAreServedAsync();

        connection.Add(RawHttp2.Reset, 0, StreamId(0), Canceled);
        connection.Add(RawHttp2.Headers, RawHttp2.EndHeaders, StreamId(Limit + 1), RawHttp2.CallHeaders(ServedPath));
        connection.Add(RawHttp2.Data, RawHttp2.EndStream, StreamId(Limit + 1), [0, 0, 0, 0, 0]);
        Assert.True(await connection.SendAsync());
        await Eventually.TrueAsync(() => Task.FromResult(connection.Answered.ContainsKey(StreamId(Limit + 1))));
        Assert.Equal(Limit, Volatile.Read(ref held));
    }

    [Fact]
    public async Task Streams_that_were_reset_count_while_the_service_works_on_them_and_too_many_close_the_connection()
    {
        const int Batch = 1_000;
        using var connection = await RawHttp2.ConnectAsync(Endpoint);
        var headers = RawHttp2.CallHeaders(HeldPath);
        var isOpen = true;
        for (var stream = 0; stream < 4 * Limit && isOpen;)
        {
            for (var i = 0; i < Batch; i++, stream++)
            {
                connection.Add(RawHttp2.Headers, RawHttp2.EndHeaders, StreamId(stream), headers);
                connection.Add(RawHttp2.Reset, 0, StreamId(stream), Canceled);
            }

            isOpen = await connection.SendAsync();
        }

        await Eventually.TrueAsync(() => Task.FromResult(connection.IsClosed));

        // Kestrel closes the socket at once, so that its reason may be lost.
        Assert.True(connection.EndedWith is null or EnhanceYourCalm, $"{connection.EndedWith}");
        Assert.All(connection.ServerResets.Values, code => Assert.Equal(EnhanceYourCalm, code));
        Assert.InRange(Volatile.Read(ref held), Limit + 1, 2 * Limit);
        await AssertOthersAreServedAsync();
    }

    private IPEndPoint Endpoint => IPEndPoint.Parse(new Uri(
        service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority);

    // A client's streams have odd numbers.
    private static int StreamId(int stream) => (2 * stream) + 1;

    private async Task AssertOthersAreServedAsync() => await service.Client.Plans.SetPlanAsync(new() { MerchantId = "quiet", Plan = V1.Plan.Standard });

    // The service works on a call of this path until the test ends.
    private async Task HoldAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != HeldPath)
        {
            await next(context);
            return;
        }

        Interlocked.Increment(ref held);
        await released.Task;
    }
}
