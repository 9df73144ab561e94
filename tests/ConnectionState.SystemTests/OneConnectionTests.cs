using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace ConnectionStateService.SystemTests;

/// <summary>Everything that callers share one HTTP/2 connection for.</summary>
public sealed class OneConnectionTests : IAsyncLifetime, IDisposable
{
    private const int WatchCount = 300;
    private const int MaxMetadata = 16 * 1024;

    // The interpreter of Debian's packages; another one in the PATH does not have them.
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder folder = new();
    private ServerProcess server = null!;

    public async Task InitializeAsync() => server = await ServerProcess.StartAsync(folder.File("cs.db"));

    public async Task DisposeAsync() => await server.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_call_beside_300_watches_on_one_connection_of_a_Python_client_is_answered()
    {
        var script = Repository.PathOf("tests/ConnectionState.SystemTests/Python/watch_many.py");
        await using var client = ChildProcess.Start(Python, folder.Path, [script, server.Grpc.Authority, $"{WatchCount}"]);

        await client.WaitForExitAsync();

        Assert.Equal((0, $"{WatchCount} watches\nanswered"), (client.ExitCode, client.Output.Trim()));
    }

    [Theory]
    [InlineData(MaxMetadata, false)]
    [InlineData(MaxMetadata + 1, true)]
    [InlineData(40_000, true)]
    [InlineData(200_000, true)]
    public async Task A_call_with_too_much_metadata_fails_alone(int size, bool isRefused)
    {
        using var hang = new CancellationTokenSource(Hang);
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var (watches, plans) = (new WatchService.WatchServiceClient(channel), new PlanService.PlanServiceClient(channel));
        using var watch = watches.WatchPageList(new() { MerchantId = "m" }, cancellationToken: hang.Token);
        Assert.True(await watch.ResponseStream.MoveNext(hang.Token));

        // The name, and what the client adds itself, count as well.
        var metadata = new Metadata { { "x-large", new string('x', size - 512) } };
        async Task CallAsync() => await plans.SetPlanAsync(new() { MerchantId = "m", Plan = Plan.Standard, BoughtPages = 1 }, metadata, cancellationToken: hang.Token);
        if (isRefused)
        {
            metadata.Add("x-rest", new string('x', 512));
            var failure = await Assert.ThrowsAsync<RpcException>(CallAsync);
            Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
            Assert.Contains($"{MaxMetadata}", failure.Status.Detail, StringComparison.Ordinal);
            await plans.SetPlanAsync(new() { MerchantId = "m", Plan = Plan.Standard, BoughtPages = 1 }, cancellationToken: hang.Token);
        }
        else
        {
            await CallAsync();
        }

        Assert.True(await watch.ResponseStream.MoveNext(hang.Token));
        Assert.Equal(1, watch.ResponseStream.Current.Changes.PageList.Quota.Bought);
    }
}
