using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>The error that the model expects.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Metadata">The values that the error must have; it may have more.</param>
internal sealed record Refusal(ErrorReason Reason, params (string Key, string Value)[] Metadata)
{
    /// <summary>The status code, as the comments of ErrorReason have it.</summary>
    public StatusCode Status => Reason switch
    {
        ErrorReason.InvalidRequest or ErrorReason.RequestIdReused => StatusCode.InvalidArgument,
        ErrorReason.ConnectionNotFound or ErrorReason.SessionNotFound => StatusCode.NotFound,
        ErrorReason.PageQuotaExceeded or ErrorReason.SessionLimitExceeded => StatusCode.ResourceExhausted,
        ErrorReason.PageAlreadyConnected => StatusCode.AlreadyExists,
        _ => StatusCode.FailedPrecondition,
    };

    public static Refusal Connection(PageRef page) => new(ErrorReason.ConnectionNotFound, Of(page));

    public static Refusal Session(string sessionId) => new(ErrorReason.SessionNotFound, ("session_id", sessionId));

    public static Refusal Step(ModelSession session, string needed) => new(
        ErrorReason.StepNotAllowed, ("session_id", session.Id), ("step", WireName($"{session.Step}")), ("needed", needed));

    public static (string Key, string Value)[] Of(PageRef page) => [("provider", WireName($"{page.Provider}")), ("page_id", page.PageId)];

    public static string WireName(string name) =>
        string.Concat(name.Select((c, n) => n > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));
}
