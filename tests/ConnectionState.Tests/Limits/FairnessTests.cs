using System.Diagnostics;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace ConnectionStateService.Tests.Limits;

/// <summary>A quiet merchant beside one that calls at least 100 times as often.</summary>
public sealed class FairnessTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int NoisyCallers = 32;
    private const int Factor = 100;

    private static readonly TimeSpan QuietPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly int QuietCalls = LongRun.Of(600, 30);

    // Other tests use the same processors: what is faster than this is not noise of the merchant.
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(LongRun.Of(10, 40));

    private Service service = null!;

    public async Task InitializeAsync() => service = await Service.StartAsync(listens: true);

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task The_commits_of_a_quiet_merchant_take_at_most_twice_as_long_beside_a_noisy_one()
    {
        using var quiet = NewChannel();
        using var noisy = NewChannel();
        await MeasureAsync(quiet, 10);
        var alone = await MeasureAsync(quiet, QuietCalls);

        using var stop = new CancellationTokenSource();
        var (accepted, refused) = (0, 0);
        var callers = Enumerable.Range(0, NoisyCallers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    await ChangeAsync(noisy, "noisy", (i * NoisyCallers) + caller);
                    Interlocked.Increment(ref accepted);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })).ToList();
        var watch = Stopwatch.StartNew();
        var beside = await MeasureAsync(quiet, QuietCalls, calls => Volatile.Read(ref accepted) + Volatile.Read(ref refused) >= Factor * calls);
        var elapsed = watch.Elapsed;
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        output.WriteLine(
            $"Quiet alone: p50 {Percentile(alone, 50):F2} ms, p99 {Percentile(alone, 99):F2} ms. Beside: p50 {Percentile(beside, 50):F2} ms, "
            + $"p99 {Percentile(beside, 99):F2} ms. Noisy: {accepted / elapsed.TotalSeconds:F0}/s accepted, {refused / elapsed.TotalSeconds:F0}/s refused.");
        Assert.True(accepted + refused > Factor * QuietCalls, $"The noisy merchant made {accepted + refused} calls only.");
        Assert.InRange(Percentile(beside, 99), 0, Math.Max(2 * Percentile(alone, 99), Floor.TotalMilliseconds));
    }

    private static double Percentile(List<double> latencies, int percent) => latencies.Order().ElementAt((latencies.Count - 1) * percent / 100);

    private static async Task ChangeAsync(GrpcChannel channel, string merchantId, int value) => await new PlanService.PlanServiceClient(channel)
        .SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = value % 100 });

    private static async Task<List<double>> MeasureAsync(GrpcChannel channel, int calls, Func<int, bool>? isDue = null)
    {
        var latencies = new List<double>();
        using var timer = new PeriodicTimer(QuietPeriod);
        for (var i = 0; i < calls; i++)
        {
            do
            {
                await timer.WaitForNextTickAsync();
            }
            while (isDue?.Invoke(i + 1) == false);

            var call = Stopwatch.StartNew();
            await ChangeAsync(channel, "quiet", i);
            latencies.Add(call.Elapsed.TotalMilliseconds);
        }

        return latencies;
    }

    private GrpcChannel NewChannel() =>
        GrpcChannel.ForAddress(service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
