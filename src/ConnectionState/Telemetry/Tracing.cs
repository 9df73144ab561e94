using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Core;

namespace ConnectionStateService.Telemetry;

/// <summary>The spans of the service: activity source <c>ConnectionState</c>. A trace that is not recorded has none here.</summary>
internal static class Tracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "ConnectionState";

    // A stream that was read slowly gets many commits at once; a span needs no more links than this to be useful.
    private const int MaxLinks = 32;

    private const string MerchantId = "connectionstate.merchant_id";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts the span of a call in the trace of its caller or in a new one, or returns null if the trace is not recorded.</summary>
    /// <param name="method">The full name of the method, as the protos have it.</param>
    /// <param name="headers">The metadata of the call, with the W3C trace context.</param>
    /// <param name="sampling">What is recorded.</param>
    public static Activity? StartCall(string method, IHeaderDictionary headers, TraceSampling sampling)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        if (ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var caller)
            ? !sampling.RecordsTraceOf(caller)
            : !sampling.RecordsNewTrace())
        {
            return null;
        }

        return Source.StartActivity(method, ActivityKind.Server, caller)?.SetTag("rpc.system.name", "grpc").SetTag(TagNames.Method, method);
    }

    /// <summary>Starts the trace of a deadline that is processed, or returns null if it is not recorded.</summary>
    public static Activity? StartDeadline(string merchantId, TraceSampling sampling) =>
        Source.HasListeners() && sampling.RecordsNewTrace() ? Source.StartActivity("connectionstate.deadline")?.SetTag(MerchantId, merchantId) : null;

    /// <summary>Starts the trace of a claim that is settled, or returns null if it is not recorded.</summary>
    public static Activity? StartClaim(string merchantId, TraceSampling sampling) =>
        Source.HasListeners() && sampling.RecordsNewTrace() ? Source.StartActivity("connectionstate.claim")?.SetTag(MerchantId, merchantId) : null;

    /// <summary>Starts the span of a command, or returns null if its trace is not recorded.</summary>
    public static Activity? StartCommand(string name, string merchantId) =>
        Activity.Current is { Recorded: true } ? Source.StartActivity(name)?.SetTag(MerchantId, merchantId) : null;

    /// <summary>
    /// Returns the context to store with a commit, or null if the current trace is not recorded: what is stored costs room in every history.
    /// </summary>
    public static TraceContext? Current => Activity.Current is { Recorded: true } activity ? new(activity.TraceId, activity.SpanId) : null;

    /// <summary>
    /// Starts the span of a delivery: a trace of its own, linked to the calls that caused the commits. A trace may be days older than the
    /// delivery, and one delivery may have several.
    /// </summary>
    /// <returns>The span, or null if none of the commits belongs to a recorded trace. Disposing it ends it.</returns>
    public static IDisposable? StartDelivery(ImmutableArray<Commit> commits, string merchantId) =>
        Source.HasListeners() && FindLinks(commits) is { } links ? new Delivery(links, merchantId) : null;

    private static List<ActivityLink>? FindLinks(ImmutableArray<Commit> commits)
    {
        List<ActivityLink>? links = null;
        foreach (var commit in commits)
        {
            if (commit.Trace is { } trace && (links ??= []).Count < MaxLinks)
            {
                links.Add(new ActivityLink(new ActivityContext(trace.TraceId, trace.SpanId, ActivityTraceFlags.Recorded, isRemote: true)));
            }
        }

        return links;
    }

    // A span without a parent: its parent would be the span of the stream, which is recorded or not for reasons of its own.
    private sealed class Delivery : IDisposable
    {
        private readonly Activity? stream = Activity.Current;
        private readonly Activity? delivery;

        public Delivery(List<ActivityLink> links, string merchantId)
        {
            Activity.Current = null;
            delivery = Source.StartActivity("connectionstate.deliver", ActivityKind.Producer, parentContext: default, links: links)
                ?.SetTag(MerchantId, merchantId);
        }

        public void Dispose()
        {
            delivery?.Dispose();
            Activity.Current = stream;
        }
    }
}
