using OpenTelemetry;
using OpenTelemetry.Logs;

namespace ConnectionStateService.Telemetry.Export;

/// <summary>Adds the id of a log event as an attribute, which the exporter leaves out. docs/telemetry.md lists the ids.</summary>
internal sealed class EventIdProcessor : BaseProcessor<LogRecord>
{
    private const string Attribute = "connectionstate.event.id";

    public override void OnEnd(LogRecord data)
    {
        if (data.EventId.Id != 0)
        {
            data.Attributes = [.. data.Attributes ?? [], new(Attribute, data.EventId.Id)];
        }
    }
}
