using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Core;

namespace ConnectionStateService.Telemetry;

/// <summary>The spans of the service: activity source <c>ConnectionState</c>. Calls themselves are spans of ASP.NET Core.</summary>
internal static class Tracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "ConnectionState";

    // A stream that was read slowly gets many commits at once; a span needs no more links than this to be useful.
    private const int MaxLinks = 32;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts the span of a command, or returns null if its trace is not recorded.</summary>
    public static Activity? StartCommand(string name, string merchantId)
    {
        var activity = Source.StartActivity(name);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("connectionstate.merchant_id", merchantId);
        }

        return activity;
    }

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
                ?.SetTag("connectionstate.merchant_id", merchantId);
        }

        public void Dispose()
        {
            delivery?.Dispose();
            Activity.Current = stream;
        }
    }
}
