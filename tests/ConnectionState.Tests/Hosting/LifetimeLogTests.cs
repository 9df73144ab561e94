using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>LifetimeLog: one line each when the service has started, begins to stop and has stopped.</summary>
public sealed class LifetimeLogTests
{
    [Fact]
    public async Task Start_stop_and_its_duration_are_logged()
    {
        var logger = new FakeLogger<LifetimeLog>();
        await using var service = await Service.StartAsync(
            replace: services => services.AddSingleton<ILogger<LifetimeLog>>(logger), listens: true);
        var started = Assert.Single(logger.Collector.GetSnapshot());

        await service.StopAsync();

        Assert.Matches(
            @"^ConnectionState \S+ serves gRPC on http://127\.0\.0\.1:\d+ and HTTP on http://127\.0\.0\.1:\d+; store: embedded, ", started.Message);
        Assert.Collection(
            logger.Collector.GetSnapshot().Skip(1),
            stopping => Assert.Equal((LogLevel.Information, "Stopping: the application requested it."), (stopping.Level, stopping.Message)),
            stopped => Assert.Matches(@"^Stopped after \d+ ms\.$", stopped.Message));
    }
}
