using System.Collections.Concurrent;
using System.Diagnostics;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Telemetry.Export;
using ConnectionStateService.Tests.Support;
using Grpc.Core;
using Microsoft.Extensions.Configuration;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>Which traces are recorded, and that others have no spans.</summary>
public sealed class TraceTests : IDisposable
{
    private const string SetPlan = "connectionstate.v1.PlanService/SetPlan";

    // Of each test its own: spans of other tests in this process are exported too.
    private readonly string traceId = ActivityTraceId.CreateRandom().ToHexString();
    private readonly string merchantId = $"shop-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<Activity> ended = new();
    private readonly ActivityListener listener;

    public TraceTests()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
    }

    public void Dispose() => listener.Dispose();

    [Theory]
    [InlineData("1", "", "", true)]
    [InlineData("0", "", "", false)]
    [InlineData("1", "00", "", false)]
    [InlineData("0", "01", "", true)]
    [InlineData("", "", "always_on", true)]
    [InlineData("", "00", "always_on", true)]
    [InlineData("", "", "always_off", false)]
    [InlineData("", "01", "always_off", false)]
    [InlineData("", "", "parentbased_always_on", true)]
    [InlineData("", "00", "parentbased_always_on", false)]
    [InlineData("", "", "parentbased_always_off", false)]
    [InlineData("", "01", "parentbased_always_off", true)]
    [InlineData("", "", "traceidratio", true)]
    [InlineData("", "00", "traceidratio", true)]
    [InlineData("", "", "traceidratio=0", false)]
    [InlineData("", "01", "traceidratio=0", false)]
    [InlineData("", "", "parentbased_traceidratio=0", false)]
    [InlineData("", "01", "parentbased_traceidratio=0", true)]
    [InlineData("0", "", "always_on", false)]
    public async Task A_call_has_spans_only_if_its_trace_is_recorded(string ratio, string callerFlags, string sampler, bool isRecorded)
    {
        await using var service = await Service.StartAsync(Settings(ratio, sampler));

        await SetPlanAsync(service, callerFlags);

        var command = CommandSpan();
        Assert.Equal(isRecorded, command is not null);
        if (command is not null)
        {
            // The span of a call ends after its response is sent.
            await Eventually.TrueAsync(() => Task.FromResult(ended.Any(span => span.SpanId == command.ParentSpanId)));
            var call = ended.Single(span => span.SpanId == command.ParentSpanId);
            Assert.Equal((SetPlan, ActivityKind.Server), (call.OperationName, call.Kind));
            Assert.Equal(callerFlags.Length > 0, call.TraceId.ToHexString() == traceId);
            Assert.Equal(["grpc", SetPlan, "OK"], new[] { "rpc.system.name", "rpc.method", "rpc.response.status_code" }.Select(call.GetTagItem));
        }
    }

    [Fact]
    public void One_of_a_hundred_new_traces_is_recorded_by_default()
    {
        var sampling = TraceSamplers.Create(ratio: null, new ConfigurationBuilder().Build());

        // Of 100,000 with a probability of 0.01, 1,000 are expected; the standard deviation is 31.
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => sampling.RecordsNewTrace()), 800, 1_200);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("0", false)]
    public async Task A_deadline_begins_a_trace_which_has_the_span_of_its_command(string ratio, bool isRecorded)
    {
        await using var service = await Service.StartAsync(Settings(ratio, ""));
        var merchant = new ApiMerchant(service.Client, merchantId);
        await merchant.ConnectUntilAsync(ApiMerchant.A, service.Clock.GetUtcNow() + TimeSpan.FromDays(1));
        ended.Clear();

        await service.PassAsync(TimeSpan.FromDays(2));

        var command = ended.SingleOrDefault(span => span.OperationName == "Tick" && IsOfMerchant(span));
        Assert.Equal(isRecorded, command is not null);
        if (command is not null)
        {
            var deadline = ended.Single(span => span.OperationName == "connectionstate.deadline" && IsOfMerchant(span));
            Assert.Equal((deadline.SpanId, default), (command.ParentSpanId, deadline.ParentSpanId));
        }
    }

    private static Dictionary<string, string?> Settings(string ratio, string sampler) => new()
    {
        ["Telemetry:TraceRatio"] = ratio.Length > 0 ? ratio : null,
        ["OTEL_TRACES_SAMPLER"] = sampler.Split('=')[0],
        ["OTEL_TRACES_SAMPLER_ARG"] = sampler.Split('=').ElementAtOrDefault(1),
    };

    private async Task SetPlanAsync(Service service, string callerFlags)
    {
        var headers = new Metadata();
        if (callerFlags.Length > 0)
        {
            headers.Add("traceparent", $"00-{traceId}-00f067aa0ba902b7-{callerFlags}");
        }

        await service.Client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = V1.Plan.Standard, BoughtPages = 2 }, headers);
    }

    private Activity? CommandSpan() => ended.SingleOrDefault(span => span.OperationName == "SetPlan" && IsOfMerchant(span));

    private bool IsOfMerchant(Activity span) => merchantId.Equals(span.GetTagItem("connectionstate.merchant_id"));
}
