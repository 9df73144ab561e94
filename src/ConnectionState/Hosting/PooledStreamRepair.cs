using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Works around a race in Kestrel (dotnet/aspnetcore#53736, present in 10.0.12) that loses responses; see docs/kestrel-lost-responses.md.
/// A window update that is handled while the end of a large response is written can leave the stream marked as scheduled for output although
/// it is not in the output queue. Kestrel does not reset the mark when it reuses the stream, so the next response on it is never queued.
/// </summary>
internal sealed partial class PooledStreamRepair
{
    private readonly RequestDelegate next;
    private readonly ILogger<PooledStreamRepair> logger;
    private readonly OutputQueue? queue = OutputQueue.Find();

    public PooledStreamRepair(RequestDelegate next, ILogger<PooledStreamRepair> logger)
    {
        (this.next, this.logger) = (next, logger);
        if (queue is null)
        {
            Log.NotApplied(logger, typeof(KestrelServer).Assembly.GetName().Version);
        }
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (queue is not null && context.Features.Get<IHttp2StreamIdFeature>() is { } stream && queue.AddIfMarked(stream))
        {
            Log.Repaired(logger, context.Connection.Id, stream.StreamId);
        }

        return next(context);
    }

    /// <summary>The members of Kestrel that lead from an HTTP/2 stream to the output queue of its connection. They are not public.</summary>
    private sealed class OutputQueue(FieldInfo producer, FieldInfo isScheduled, FieldInfo writer, MethodInfo schedule)
    {
        /// <summary>Returns the queue, or null if this version of Kestrel has other members.</summary>
        public static OutputQueue? Find()
        {
            var producer = FindField(FindType("Http2Stream"), "_http2Output");
            var isScheduled = FindField(producer?.FieldType, "_isScheduled");
            var writer = FindField(producer?.FieldType, "_frameWriter");
            var schedule = writer?.FieldType.GetMethod("Schedule", [producer!.FieldType]);
            return producer is not null && isScheduled?.FieldType == typeof(bool) && writer is not null && schedule is not null
                ? new(producer, isScheduled, writer, schedule)
                : null;
        }

        /// <summary>Adds the output of a stream whose response has not begun to the queue if it is marked as scheduled. Returns whether it is.</summary>
        public bool AddIfMarked(object stream)
        {
            if (producer.DeclaringType?.IsInstanceOfType(stream) is not true || producer.GetValue(stream) is not { } output
                || isScheduled.GetValue(output) is not true)
            {
                return false;
            }

            // The queue may hold the output already, for instance if the client has just reset the stream. A second entry does no harm: the
            // writer finds nothing to write, or skips it if the response is complete.
            schedule.Invoke(writer.GetValue(output), [output]);
            return true;
        }

        private static Type? FindType(string name) =>
            typeof(KestrelServer).Assembly.GetType($"Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http2.{name}");

        private static FieldInfo? FindField(Type? type, string name) => type?.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
    }

    private static partial class Log
    {
        [LoggerMessage(1031, LogLevel.Warning, "The workaround for dotnet/aspnetcore#53736 does not fit Kestrel {Version}: responses over HTTP/2 may get lost.")]
        public static partial void NotApplied(ILogger logger, Version? version);

        [LoggerMessage(1032, LogLevel.Debug, "Stream {StreamId} of connection {ConnectionId} was reused while marked as scheduled; its output was queued again.")]
        public static partial void Repaired(ILogger logger, string connectionId, int streamId);
    }
}
