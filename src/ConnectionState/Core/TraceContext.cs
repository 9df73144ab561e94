using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>The W3C trace context of the call that caused a commit. It is kept with the commit only if the trace is recorded.</summary>
/// <param name="TraceId">The id of the trace.</param>
/// <param name="SpanId">The id of the span.</param>
public sealed record TraceContext(ActivityTraceId TraceId, ActivitySpanId SpanId);
