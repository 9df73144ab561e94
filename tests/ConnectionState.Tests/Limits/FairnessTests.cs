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
    private static readonly int QuietCalls = LongRun.Of(600, 10);

    // In a long run nothing else uses the processors, and a factor of two is shown: what takes less than 10 ms is not noise of the merchant.
    // Otherwise other tests run beside this one, and only a quiet merchant that has to wait for the noisy one to end is found.
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(LongRun.Of(10, 5_000));

    private Service? service;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (service?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public async Task The_commits_of_a_quiet_merchant_take_at_most_twice_as_long_beside_a_noisy_one()
    {
        service = await Service.StartAsync(listens: true);
        using var quiet = NewChannel();
        using var noisy = NewChannel();
        await MeasureAsync(quiet, 10);
        var alone = await MeasureAsync(quiet, QuietCalls);
        var (beside, accepted, refused, elapsed) = await MeasureBesideNoiseAsync(quiet, noisy);

        output.WriteLine(
            $"Quiet alone: p50 {Percentile(alone, 50):F2} ms, p99 {Percentile(alone, 99):F2} ms. Beside: p50 {Percentile(beside, 50):F2} ms, "
            + $"p99 {Percentile(beside, 99):F2} ms. Noisy: {accepted / elapsed.TotalSeconds:F0}/s accepted, {refused / elapsed.TotalSeconds:F0}/s refused.");
        Assert.InRange(Percentile(beside, 99), 0, Math.Max(2 * Percentile(alone, 99), Floor.TotalMilliseconds));
    }

    [Fact]
    public async Task A_merchant_that_is_refused_for_its_rate_takes_nothing_from_the_limit_of_another()
    {
        service = await Service.StartAsync(new() { ["Limits:CallsPerMerchant"] = $"{QuietCalls}" }, listens: true);
        using var quiet = NewChannel();
        using var noisy = NewChannel();
        var (beside, accepted, refused, elapsed) = await MeasureBesideNoiseAsync(quiet, noisy);

        // A burst of five seconds, and the rate of the time that passed; the callers end a moment after the measurement.
        Assert.InRange(accepted, 5 * QuietCalls, (5 + 1 + elapsed.TotalSeconds) * QuietCalls);
        Assert.True(refused > 0, "The noisy merchant was not refused.");
        Assert.Equal(QuietCalls, beside.Count);
    }

    private static double Percentile(List<double> latencies, int percent) => latencies.Order().ElementAt((latencies.Count - 1) * percent / 100);

    private static async Task ChangeAsync(GrpcChannel channel, string merchantId, int value) => await new PlanService.PlanServiceClient(channel)
        .SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = value % 100 });

    // The quiet merchant makes a call when the noisy one has made a hundred.
    private static async Task<(List<double> Latencies, int Accepted, int Refused, TimeSpan Elapsed)> MeasureBesideNoiseAsync(GrpcChannel quiet, GrpcChannel noisy)
    {
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
        return (beside, accepted, refused, elapsed);
    }

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
        GrpcChannel.ForAddress(service!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
