using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

public sealed class FleetTests(ITestOutputHelper log) : IDisposable
{
    private const int Watches = 2_000;
    private const int MerchantCount = 500;
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Ends_well_All_of_2_000_watches_get_SHUTTING_DOWN_and_resume_at_the_next_server()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var client = server.NewClient();
        var watch = Stopwatch.StartNew();
        await using var fleet = new Fleet(client, Watches, MerchantCount);
        await fleet.UntilLiveAsync(Watches, Hang);
        var opened = watch.Elapsed;

        watch.Restart();
        await server.Process.TerminateAsync();
        await fleet.UntilLiveAsync(0, Hang);
        var ended = watch.Elapsed;
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));

        watch.Restart();
        await using var next = await ServerProcess.StartAsync(folder.File("cs.db"), server.SamePort);
        await fleet.UntilLiveAsync(Watches, Hang);

        log.WriteLine($"Opened in {opened.TotalSeconds:F1} s, ended in {ended.TotalSeconds:F1} s, back in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.All(fleet.Transitions, transitions => Assert.Equal([true, false, true], transitions.Select(t => t.Update.IsLive)));
        Assert.All(fleet.Transitions.Select(transitions => transitions[1].Update.Failure), failure =>
            Assert.Equal((StatusCode.Unavailable, ErrorReason.ShuttingDown), (failure?.StatusCode, failure?.GetConnectionStateError().Reason)));
    }
}
