using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ConnectionStateService.Client;

/// <summary>Fills in the fields that make a retry of a request safe.</summary>
internal static class RequestStamp
{
    /// <summary>
    /// Returns the request with an id and an actor where it has these fields and the caller left them empty, and the request id, or null if
    /// the request has none. Each report of ReportSignals has an id of its own. The caller's message is not changed.
    /// </summary>
    public static (TRequest Request, string? RequestId) Stamp<TRequest>(TRequest request, string actor) where TRequest : class
    {
        if (request is not IMessage message)
        {
            return (request, null);
        }

        var idField = message.Descriptor.FindFieldByName("request_id");
        var actorField = actor.Length > 0 ? message.Descriptor.FindFieldByName("actor") : null;
        var needsId = IsEmpty(message, idField);
        var needsActor = IsEmpty(message, actorField);
        var needsReportIds = message is ReportSignalsRequest reports && reports.Reports.Any(report => report.RequestId.Length == 0);
        var stamped = needsId || needsActor || needsReportIds ? (IMessage)((IDeepCloneable<TRequest>)request).Clone() : message;
        if (needsId)
        {
            idField!.Accessor.SetValue(stamped, NewId());
        }

        if (needsReportIds)
        {
            foreach (var report in ((ReportSignalsRequest)stamped).Reports.Where(report => report.RequestId.Length == 0))
            {
                report.RequestId = NewId();
            }
        }

        if (needsActor)
        {
            actorField!.Accessor.SetValue(stamped, actor);
        }

        return ((TRequest)stamped, (string?)idField?.Accessor.GetValue(stamped));
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static bool IsEmpty(IMessage message, FieldDescriptor? field) => field?.Accessor.GetValue(message) is "";
}
