using Google.Protobuf;

namespace ConnectionStateService.Client;

/// <summary>Gives requests what makes their retry safe: an id that stays the same.</summary>
internal static class RequestStamp
{
    /// <summary>The request with an id and an actor where it has the fields and the caller filled in none. The caller's own is not
    /// touched.</summary>
    public static TRequest Stamp<TRequest>(TRequest request, string actor) where TRequest : class
    {
        if (request is not IMessage message || message.Descriptor.FindFieldByName("request_id") is not { } idField)
        {
            return request;
        }

        var actorField = message.Descriptor.FindFieldByName("actor");
        var needsId = (string)idField.Accessor.GetValue(message) is "";
        var needsActor = actor.Length > 0 && actorField is not null && (string)actorField.Accessor.GetValue(message) is "";
        if (!needsId && !needsActor)
        {
            return request;
        }

        var stamped = (IMessage)((IDeepCloneable<TRequest>)request).Clone();
        if (needsId)
        {
            idField.Accessor.SetValue(stamped, Guid.NewGuid().ToString("N"));
        }

        if (needsActor)
        {
            actorField!.Accessor.SetValue(stamped, actor);
        }

        return (TRequest)stamped;
    }
}
