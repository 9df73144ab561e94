using ConnectionStateService.Auth;
using ConnectionStateService.Limits;
using ConnectionStateService.Merchants;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Limits;

public sealed class CallLimitsAllocationTests
{
    [Theory]
    [InlineData((int)CallKind.Read)]
    [InlineData((int)CallKind.Change)]
    [InlineData((int)CallKind.Stream)]
    public void Accepting_a_call_allocates_nothing_with_every_limit_on(int kind)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var options = new LimitOptions { CallsPerMerchant = 1_000_000, CallsPerCaller = 1_000_000 };
        var limits = new CallLimits(
            Options.Create(options),
            new CommitLatency(),
            new Instruments(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>()),
            TimeProvider.System,
            NullLogger<CallLimits>.Instance);
        var caller = new Caller("billing", Scopes.All);
        Accept(limits, caller, (CallKind)kind);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            Accept(limits, caller, (CallKind)kind);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Accept(CallLimits limits, Caller caller, CallKind kind)
    {
        var admission = default(Admission);
        Assert.Null(limits.Begin(caller, kind, ref admission));
        Assert.Null(limits.Continue("shop-1", ref admission));
        limits.End(admission);
    }
}
