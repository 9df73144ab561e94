using System.Collections.Concurrent;
using System.Reflection;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>PooledStreamRepair: the workaround for responses that Kestrel loses (docs/kestrel-lost-responses.md).</summary>
public sealed class PooledStreamRepairTests
{
    private const int MaxCalls = 100;

    [Fact]
    public async Task A_call_gets_its_response_on_a_reused_stream_that_is_marked_as_scheduled()
    {
        var streams = new MarkedStreams();
        var logger = new FakeLogger<PooledStreamRepair>();
        await using var service = await Service.StartAsync(
            replace: services => services.AddSingleton<IStartupFilter>(streams).AddSingleton<ILogger<PooledStreamRepair>>(logger),
            listens: true);

        for (var call = 0; call < MaxCalls && streams.Reused == 0; call++)
        {
            await service.Client.Plans.SetPlanAsync(new SetPlanRequest { MerchantId = "m", Plan = Plan.Standard });
        }

        Assert.True(streams.Reused > 0);
        var entries = logger.Collector.GetSnapshot();
        Assert.Equal(streams.Reused, entries.Count);
        Assert.All(entries, entry => Assert.Contains("was reused while marked as scheduled", entry.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_on_streams_that_are_not_marked_are_not_touched()
    {
        var logger = new FakeLogger<PooledStreamRepair>();
        await using var service = await Service.StartAsync(
            replace: services => services.AddSingleton<ILogger<PooledStreamRepair>>(logger),
            listens: true);

        for (var call = 0; call < 10; call++)
        {
            await service.Client.Plans.SetPlanAsync(new SetPlanRequest { MerchantId = "m", Plan = Plan.Standard });
        }

        Assert.Empty(logger.Collector.GetSnapshot());
    }

    /// <summary>Leaves every HTTP/2 stream as the race does: the response is complete, and the output is marked as scheduled.</summary>
    private sealed class MarkedStreams : IStartupFilter
    {
        private const BindingFlags NonPublic = BindingFlags.Instance | BindingFlags.NonPublic;

        private readonly ConcurrentDictionary<object, bool> seen = new(ReferenceEqualityComparer.Instance);
        private int reused;

        public int Reused => Volatile.Read(ref reused);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, handle) =>
            {
                var stream = context.Features.Get<IHttp2StreamIdFeature>()!;
                if (!seen.TryAdd(stream, true))
                {
                    Interlocked.Increment(ref reused);
                }

                context.Response.OnCompleted(() => MarkAsync(stream));
                return handle(context);
            });
            next(app);
        };

        // A stream goes back to the pool after this.
        private static async Task MarkAsync(object stream)
        {
            var output = stream.GetType().BaseType!.GetField("_http2Output", NonPublic)!.GetValue(stream)!;
            var completed = output.GetType().GetProperty("CompletedResponse")!;
            while (completed.GetValue(output) is not true)
            {
                await Task.Yield();
            }

            output.GetType().GetField("_isScheduled", NonPublic)!.SetValue(output, true);
        }
    }
}
