using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using static ConnectionStateService.V1.ErrorReason;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Rpc;

/// <summary>What callers are told when a call fails: the one place that turns faults and outages into a status.</summary>
internal static class RpcErrors
{
    /// <summary>The domain of every ErrorInfo.</summary>
    public const string Domain = "connectionstate";

    private const string DetailsTrailer = "grpc-status-details-bin";

    // Trailers travel as headers, which many clients limit to 8 KiB.
    private const int MostViolations = 40;

    public static RpcException ToException(Fault fault) => fault switch
    {
        Fault.ConnectionNotFound f => Error(
            StatusCode.NotFound, ConnectionNotFound, $"The merchant has no connection to {f.Page}.", PageMetadata(f.Page)),
        Fault.SessionNotFound f => Error(
            StatusCode.NotFound,
            SessionNotFound,
            $"The merchant has no connect session '{f.SessionId}', or it is no longer kept. Begin another one.",
            ("session_id", f.SessionId)),
        Fault.IllegalTransition f => Illegal(f),
        Fault.StepNotAllowed f => Error(
            StatusCode.FailedPrecondition,
            StepNotAllowed,
            $"The connect session '{f.SessionId}' is at {ToWireName(f.Step)}; this needs {Joined(f.Needed)}.",
            ("session_id", f.SessionId), ("step", ToWireName(f.Step)), ("needed", Joined(f.Needed))),
        Fault.PageQuotaExceeded f => Error(
            StatusCode.ResourceExhausted,
            PageQuotaExceeded,
            $"All slots are taken: {f.Used} of {f.Limit}. Disconnect a page, or buy more; to bring back a lost one, name it as the page to "
            + "reconnect.",
            ("used", $"{f.Used}"), ("limit", $"{f.Limit}")),
        Fault.AccountNotPersonal f => Error(
            StatusCode.FailedPrecondition,
            AccountNotPersonal,
            $"The account '{f.AccountId}' is not a personal one. Sign in with a personal account.",
            ("account_id", f.AccountId)),
        Fault.PageRoleTooLow f => RoleTooLow(f),
        Fault.PageNotOffered f => Error(
            StatusCode.FailedPrecondition,
            PageNotOffered,
            $"The signed-in account does not offer {f.Page}. Choose one of the session's candidates.",
            PageMetadata(f.Page)),
        Fault.ConsentRequired f => Error(
            StatusCode.FailedPrecondition,
            ConsentRequired,
            $"The connect session '{f.SessionId}' lacks messaging_consent: the merchant must agree to messages on the page's behalf.",
            ("session_id", f.SessionId), ("missing", "messaging_consent")),
        Fault.PageAlreadyConnected f => Error(
            StatusCode.AlreadyExists, PageAlreadyConnected, $"The merchant has {f.Page} already.", PageMetadata(f.Page)),
        Fault.ExpiryInPast f => InvalidRequest([new Violation("expires_at", $"must be later than now, {f.Now:O}")]),
        Fault.RequestIdReused f => Error(
            StatusCode.InvalidArgument,
            RequestIdReused,
            $"The request id '{f.RequestId}' was used for another request. Make a new one for each request.",
            ("request_id", f.RequestId)),
        Fault.ConcurrentChange f => Error(
            StatusCode.Aborted,
            ConcurrentChange,
            $"Others changed the merchant {f.Attempts} times meanwhile. Retry; with the same request id that is safe.",
            ("attempts", $"{f.Attempts}")),
        _ => throw new UnreachableException(),
    };

    public static RpcException ToException(WatchFault fault) => fault switch
    {
        WatchFault.ResumeTokenInvalid f => Error(
            StatusCode.InvalidArgument,
            ResumeTokenInvalid,
            $"The resume token is invalid ({ToWireName(f.Problem)}). Start a new watch without a token.",
            ("problem", ToWireName(f.Problem))),
        WatchFault.LimitExceeded f => LimitExceeded(f),
        _ => throw new UnreachableException(),
    };

    /// <summary>Reports the fields of a request that cannot be accepted.</summary>
    public static RpcException InvalidRequest(ImmutableArray<Violation> violations)
    {
        var named = violations.Take(MostViolations).ToList();
        var more = violations.Length - named.Count;
        var request = new BadRequest();
        foreach (var violation in named)
        {
            request.FieldViolations.Add(new BadRequest.Types.FieldViolation
            {
                Field = violation.Field,
                Description = violation.Description,
            });
        }

        var first = violations[0];
        var message = $"{violations.Length} of the request's fields cannot be accepted; the first: {first.Field} {first.Description}."
            + (more > 0 ? $" The details name {named.Count}; there are {more} more." : "");
        (string, string)[] metadata = [("violations", $"{violations.Length}"), ("named", $"{named.Count}"), ("more", $"{more}")];
        return Error(StatusCode.InvalidArgument, ErrorReason.InvalidRequest, message, metadata, request);
    }

    public static RpcException ToException(StoreUnavailableException _) => Error(
        StatusCode.Unavailable, StoreUnavailable, "The store does not answer. Retry; with the same request id that is safe.");

    public static RpcException ToException(RecordUnreadableException e) => Error(
        StatusCode.DataLoss,
        RecordUnreadable,
        $"What is stored of merchant '{e.MerchantId}' cannot be read. It is left as it is.",
        ("merchant_id", e.MerchantId));

    public static RpcException ServerStopping() => Error(
        StatusCode.Unavailable, ShuttingDown, "The service is stopping. Watch again, with the last resume token.");

    /// <summary>A value of the core as the protos name it: <c>CHOOSE_PAGE</c>.</summary>
    public static string ToWireName<T>(T value) where T : struct, Enum =>
        string.Concat($"{value}".Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static string Joined<T>(IEnumerable<T> values) where T : struct, Enum => string.Join(",", values.Select(ToWireName));

    private static RpcException RoleTooLow(Fault.PageRoleTooLow f)
    {
        var (held, sufficient) = (string.Join(",", f.Tasks), string.Join(",", f.SufficientTasks));
        return Error(
            StatusCode.FailedPrecondition,
            PageRoleTooLow,
            $"The account's role on {f.Page} is {ToWireName(f.Role)}, its tasks [{held}]; it needs {ToWireName(Core.PageRole.Editor)} or higher, "
            + $"or one of the sets of tasks [{sufficient}].",
            [
                .. PageMetadata(f.Page), ("role", ToWireName(f.Role)), ("tasks", held),
                ("needed", ToWireName(Core.PageRole.Editor)), ("needed_tasks", sufficient),
            ]);
    }

    private static RpcException Illegal(Fault.IllegalTransition f)
    {
        var permitted = Joined(f.Permitted);
        return Error(
            StatusCode.FailedPrecondition,
            IllegalTransition,
            $"{f.Page} is {ToWireName(f.State)}, where {ToWireName(f.Trigger)} means nothing. What does: {permitted}.",
            [.. PageMetadata(f.Page), ("state", ToWireName(f.State)), ("trigger", ToWireName(f.Trigger)), ("permitted", permitted)]);
    }

    private static RpcException LimitExceeded(WatchFault.LimitExceeded f)
    {
        (string, string)[] metadata = [("scope", ToWireName(f.Scope)), ("limit", $"{f.Limit}")];
        var retry = new RetryInfo { RetryDelay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(f.RetryAfter) };
        var message = $"Too many open streams: the limit is {f.Limit} per {ToWireName(f.Scope)}. Close some, or try again later.";
        return Error(StatusCode.ResourceExhausted, WatchLimitExceeded, message, metadata, retry);
    }

    private static (string, string)[] PageMetadata(Core.PageRef page) => [("provider", ToWireName(page.Provider)), ("page_id", page.PageId)];

    private static RpcException Error(StatusCode code, ErrorReason reason, string message, params (string, string)[] metadata) =>
        Error(code, reason, message, metadata, null);

    private static RpcException Error(
        StatusCode code, ErrorReason reason, string message, (string Key, string Value)[] metadata, IMessage? detail)
    {
        var info = new ErrorInfo { Reason = ToWireName(reason), Domain = Domain };
        foreach (var (key, value) in metadata)
        {
            info.Metadata.Add(key, value);
        }

        var status = new Status { Code = (int)code, Message = message };
        status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(info));
        if (detail is not null)
        {
            status.Details.Add(Google.Protobuf.WellKnownTypes.Any.Pack(detail));
        }

        return new RpcException(new Grpc.Core.Status(code, message), new Metadata { { DetailsTrailer, status.ToByteArray() } });
    }
}
