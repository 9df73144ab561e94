using Google.Protobuf;

namespace ConnectionStateService.Client;

/// <summary>Fills in the fields that make a retry of a request safe.</summary>
internal static class RequestStamp
{
    /// <summary>
    /// Returns the request with an id and an actor where it has these fields and the caller left them empty, and the request id, or null if
    /// the request has none. The caller's message is not changed.
    /// </summary>
    public static (TRequest Request, string? RequestId) Stamp<TRequest>(TRequest request, string actor) where TRequest : class
    {
        if (request is not IMessage message || message.Descriptor.FindFieldByName("request_id") is not { } idField)
        {
            return (request, null);
        }

        var id = (string)idField.Accessor.GetValue(message);
        var actorField = message.Descriptor.FindFieldByName("actor");
        var needsActor = actor.Length > 0 && actorField is not null && (string)actorField.Accessor.GetValue(message) is "";
        if (id.Length > 0 && !needsActor)
        {
            return (request, id);
        }

        var stamped = (IMessage)((IDeepCloneable<TRequest>)request).Clone();
        if (id.Length == 0)
        {
            id = Guid.NewGuid().ToString("N");
            idField.Accessor.SetValue(stamped, id);
        }

        if (needsActor)
        {
            actorField!.Accessor.SetValue(stamped, actor);
        }

        return ((TRequest)stamped, id);
    }
}
