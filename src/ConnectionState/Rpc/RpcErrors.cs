using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using ConnectionStateService.Auth;
using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using static ConnectionStateService.V1.ErrorReason;
using Enum = System.Enum;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Turns faults and outages into <c>google.rpc.Status</c>; the only place that does. A message says what is wrong, with the values, and then
/// what to do; the metadata of the ErrorInfo has every value.
/// </summary>
internal static class RpcErrors
{
    /// <summary>What is wrong with a request that is not in the wire format.</summary>
    public const string NotAMessage = "its body is not a valid message of this method.";

    /// <summary>The domain of every <see cref="ErrorInfo"/>.</summary>
    public const string Domain = "connectionstate";

    // Details travel as a trailer, and many clients limit headers and trailers to 8 KiB.
    private const int MaxViolations = 40;
    private const int MaxSessions = 20;
    private const int MaxInstances = 20;

    // As long as a full queue takes, about; up to twice as much, so that the refused callers do not come back together.
    private static readonly TimeSpan BusyRetryAfter = TimeSpan.FromMilliseconds(250);

    // Clients with a retry policy wait as long before they try again, whatever the status is.
    private const string PushbackTrailer = "grpc-retry-pushback-ms";

    public static RpcException ToException(Fault fault) => fault switch
    {
        Fault.ConnectionNotFound f => Error(
            StatusCode.NotFound, ConnectionNotFound, $"The merchant has no connection to {f.Page}.", PageMetadata(f.Page)),
        Fault.AccountNotConnected f => Error(
            StatusCode.NotFound,
            AccountNotConnected,
            $"The merchant has no listed connection that uses the account {f.Account}.",
            ("provider", ToWireName(f.Account.Provider)), ("account_id", f.Account.AccountId)),
        Fault.SessionNotFound f => Error(
            StatusCode.NotFound,
            SessionNotFound,
            $"The connect session '{f.SessionId}' does not exist or is no longer kept. Begin a new one.",
            ("session_id", f.SessionId)),
        Fault.IllegalTransition f => Illegal(f),
        Fault.StepNotAllowed f => Error(
            StatusCode.FailedPrecondition,
            StepNotAllowed,
            $"The connect session '{f.SessionId}' is at step {ToWireName(f.Step)}; this call needs {Join(f.Needed)}.",
            ("session_id", f.SessionId), ("step", ToWireName(f.Step)), ("needed", Join(f.Needed))),
        Fault.PageQuotaExceeded f => Error(
            StatusCode.ResourceExhausted,
            PageQuotaExceeded,
            $"All slots are in use: {f.Used} of {f.Limit}. Disconnect a page or buy more pages"
                + (f.SessionIds.IsEmpty ? "." : ", or refuse an open session that holds a slot."),
            ("used", $"{f.Used}"), ("limit", $"{f.Limit}"), ("sessions", JoinSessions(f.SessionIds))),
        Fault.SessionLimitExceeded f => Error(
            StatusCode.ResourceExhausted,
            SessionLimitExceeded,
            $"All {f.Limit} open sessions wait for the provider's answer. Refuse one of them.",
            ("limit", $"{f.Limit}"), ("sessions", JoinSessions(f.SessionIds))),
        Fault.ReconnectPageMismatch f => Error(
            StatusCode.FailedPrecondition,
            ReconnectPageMismatch,
            $"The connect session '{f.SessionId}' was begun to reconnect {f.Expected}, not {f.Chosen}. Choose that page, or begin another session.",
            ("session_id", f.SessionId), ("provider", ToWireName(f.Expected.Provider)), ("expected", f.Expected.PageId),
            ("chosen", f.Chosen.PageId)),
        Fault.AccountNotPersonal f => Error(
            StatusCode.FailedPrecondition,
            AccountNotPersonal,
            $"The account '{f.AccountId}' is not a personal account. Sign in with a personal account.",
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
            $"{f.Page} needs messaging_consent: the merchant must agree to send messages on the page's behalf.",
            [.. PageMetadata(f.Page), ("missing", "messaging_consent")]),
        Fault.PageAlreadyConnected f => Error(
            StatusCode.AlreadyExists, PageAlreadyConnected, $"The merchant has already connected {f.Page}.", PageMetadata(f.Page)),
        Fault.ExpiryInPast f => InvalidRequest([new Violation("expires_at", $"must be later than now, {f.Now:O}")]),
        Fault.RequestIdReused f => Error(
            StatusCode.InvalidArgument,
            RequestIdReused,
            $"The request id '{f.RequestId}' was used for a different request. Use a new id for each request.",
            ("request_id", f.RequestId)),
        Fault.RecordTooLarge f => Error(
            StatusCode.ResourceExhausted,
            RecordTooLarge,
            $"The part {ToWireName(f.Part)} of the merchant would take {f.Size} bytes; the limit is {f.Limit}. "
                + (f.Part is MerchantParts.Candidates
                    ? "Submit fewer candidates, or end other connect sessions first."
                    : "Connect fewer pages, with shorter names."),
            ("part", ToWireName(f.Part)), ("size", $"{f.Size}"), ("limit", $"{f.Limit}")),
        Fault.ConcurrentChange f => Error(
            StatusCode.Aborted,
            ConcurrentChange,
            $"Gave up after {f.Attempts} attempts because other calls kept changing the merchant. Retry with the same request id.",
            ("attempts", $"{f.Attempts}")),
        Fault.MerchantBusy f => Retryable(
            StatusCode.ResourceExhausted,
            MerchantBusy,
            $"{f.Limit} calls that change the merchant are already being carried out. Retry later with the same request id.",
            [("limit", $"{f.Limit}")],
            BusyRetryAfter * (1 + Random.Shared.NextDouble())),
        _ => throw new UnreachableException(),
    };

    /// <summary>Returns the reason of a fault's error.</summary>
    public static ErrorReason ReasonOf(Fault fault) => fault switch
    {
        Fault.ExpiryInPast => ErrorReason.InvalidRequest,
        _ => Enum.Parse<ErrorReason>(fault.GetType().Name),
    };

    /// <summary>Returns the reason of a fault's error.</summary>
    public static ErrorReason ReasonOf(AuthFault fault) => Enum.Parse<ErrorReason>(fault.GetType().Name);

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

    public static RpcException ToException(FeedFault fault) => fault switch
    {
        FeedFault.FeedConsumerInUse f => Error(
            StatusCode.FailedPrecondition,
            FeedConsumerInUse,
            $"Instances of the consumer '{f.Consumer}' hold partitions: {string.Join(",", f.Instances.Take(MaxInstances))}. Stop them, or set force.",
            ("consumer", f.Consumer), ("instances", string.Join(",", f.Instances.Take(MaxInstances)))),
        FeedFault.FeedConsumerLimitExceeded f => Error(
            StatusCode.ResourceExhausted,
            FeedConsumerLimitExceeded,
            f.Scope is ConsumerLimitScope.Consumers
                ? $"There are {f.Limit} consumers already. Remove one that is not used any more."
                : $"The consumer has {f.Limit} instances already. Stop one.",
            ("scope", ToWireName(f.Scope)), ("limit", $"{f.Limit}")),
        _ => throw new UnreachableException(),
    };

    public static RpcException ToException(LimitFault fault) => fault switch
    {
        LimitFault.RateLimitExceeded f => Retryable(
            StatusCode.ResourceExhausted,
            RateLimitExceeded,
            $"Too many calls: the limit is {f.Limit} per second and {ToWireName(f.Scope)}. Call less often, and retry later with the same request id.",
            [("scope", ToWireName(f.Scope)), ("limit", $"{f.Limit}")],
            f.RetryAfter),
        LimitFault.ConcurrencyLimitExceeded f => Retryable(
            StatusCode.ResourceExhausted,
            ConcurrencyLimitExceeded,
            $"Too many calls at once: {f.Limit} per {ToWireName(f.Scope)} are in progress. Wait for some to end, and retry later with the same request id.",
            [("scope", ToWireName(f.Scope)), ("limit", $"{f.Limit}")],
            f.RetryAfter),
        LimitFault.Overloaded f => Retryable(
            StatusCode.Unavailable, Overloaded, "The service is overloaded. Retry later with the same request id.", [], f.RetryAfter),
        _ => throw new UnreachableException(),
    };

    public static RpcException ToException(AuthFault fault) => fault switch
    {
        AuthFault.TokenMissing => Error(
            StatusCode.Unauthenticated, TokenMissing, "The call has no token. Send it in the metadata 'authorization', after 'Bearer '."),
        AuthFault.TokenInvalid f => Error(
            StatusCode.Unauthenticated,
            TokenInvalid,
            $"The token is not valid ({ToWireName(f.Problem)}).",
            ("problem", ToWireName(f.Problem))),
        AuthFault.TokenExpired => Error(StatusCode.Unauthenticated, TokenExpired, "The token has expired. Use a fresh one."),
        AuthFault.TokenRevoked => Error(StatusCode.Unauthenticated, TokenRevoked, "The token was revoked. Sign in again."),
        AuthFault.ScopeMissing f => Error(
            StatusCode.PermissionDenied, ScopeMissing, $"The token does not have the scope {f.Scope}.", ("scope", f.Scope)),
        AuthFault.MerchantNotAllowed => Error(
            StatusCode.PermissionDenied, MerchantNotAllowed, "The token is not for this merchant, or for one merchant and the request for all."),
        AuthFault.MerchantTokensDisabled => Error(
            StatusCode.FailedPrecondition,
            MerchantTokensDisabled,
            "The service cannot issue or check merchant tokens: Auth:MerchantTokens:SealingKeyFile is not set, or its keys do not open the signing keys "
            + "in the store (see the log)."),
        AuthFault.AuthorityUnavailable => Error(
            StatusCode.Unavailable, AuthorityUnavailable, "The keys of the authority are not known yet, and it does not answer. Retry."),
        _ => throw new UnreachableException(),
    };

    /// <summary>Returns the error of a request with invalid fields.</summary>
    public static RpcException InvalidRequest(ImmutableArray<Violation> violations)
    {
        var named = violations.Take(MaxViolations).ToList();
        var more = violations.Length - named.Count;
        var request = new BadRequest
        {
            FieldViolations =
            {
                named.Select(violation => new BadRequest.Types.FieldViolation { Field = violation.Field, Description = violation.Description }),
            },
        };
        var first = violations[0];
        var message = $"The request has {violations.Length} invalid {(violations.Length == 1 ? "field" : "fields")}. "
            + $"The first: {first.Field} {first.Description}."
            + (more > 0 ? $" The details list {named.Count} of them; {more} more are not listed." : "");
        (string, string)[] metadata = [("violations", $"{violations.Length}"), ("named", $"{named.Count}"), ("more", $"{more}")];
        return Error(StatusCode.InvalidArgument, ErrorReason.InvalidRequest, message, metadata, request);
    }

    /// <summary>Returns the error of a call with too much metadata.</summary>
    public static RpcException MetadataTooLarge(int size) => new(new Grpc.Core.Status(
        StatusCode.ResourceExhausted, $"The metadata of the call has {size} bytes. At most {MetadataSize.Max} are allowed."));

    /// <summary>Returns the error of a request that is too large, as gRPC has it.</summary>
    public static RpcException RequestTooLarge(int limit) => new(new Grpc.Core.Status(
        StatusCode.ResourceExhausted, $"The request is too large. At most {limit} bytes are allowed."));

    /// <summary>Returns the message for a call in a protocol that the service does not speak.</summary>
    /// <param name="route">Where the method is served as JSON, or null if it is not.</param>
    public static string ProtocolUnsupported(string? route) =>
        "This path takes gRPC and gRPC-Web, not the Connect protocol. In a browser, use createGrpcWebTransport in place of createConnectTransport."
        + (route is null ? " Streams are not served as JSON." : $" As JSON, this method is {route}.");

    /// <summary>Returns the error of a request that is not a valid message.</summary>
    /// <param name="problem">What is wrong with it, as one sentence.</param>
    public static RpcException UnreadableRequest(string problem = NotAMessage) => Error(
        StatusCode.InvalidArgument,
        ErrorReason.InvalidRequest,
        $"The request cannot be read: {problem}",
        ("violations", "0"), ("named", "0"), ("more", "0"));

    public static RpcException ToException(StoreUnavailableException _) => Error(
        StatusCode.Unavailable, StoreUnavailable, "The store is unavailable. Retry with the same request id.");

    public static RpcException ToException(RecordUnreadableException e) => Error(
        StatusCode.DataLoss,
        RecordUnreadable,
        $"The stored record of merchant '{e.MerchantId}' cannot be read. It is not overwritten; restore it from a backup.",
        ("merchant_id", e.MerchantId));

    /// <summary>Returns the failure of a call whose caller has gone away.</summary>
    public static RpcException CallerGone(Exception cause) => new(new Grpc.Core.Status(StatusCode.Cancelled, "The call was cancelled.", cause));

    public static RpcException ServerStopping() => Error(
        StatusCode.Unavailable, ShuttingDown, "The service is stopping. Start a new watch with the last resume token.");

    /// <summary>Returns a value's name as the protos spell it, such as <c>CHOOSE_PAGE</c>.</summary>
    public static string ToWireName<T>(T value) where T : struct, Enum =>
        string.Concat($"{value}".Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static string JoinSessions(IEnumerable<string> ids) => string.Join(",", ids.Take(MaxSessions));

    private static string Join<T>(IEnumerable<T> values) where T : struct, Enum => string.Join(",", values.Select(ToWireName));

    private static RpcException RoleTooLow(Fault.PageRoleTooLow f)
    {
        var (held, sufficient) = (string.Join(",", f.Tasks), string.Join(",", f.SufficientTasks));
        return Error(
            StatusCode.FailedPrecondition,
            PageRoleTooLow,
            $"The account has role {ToWireName(f.Role)} and tasks [{held}] on {f.Page}. It needs role {ToWireName(Core.PageRole.Editor)} or higher, "
            + $"or one of these sets of tasks: [{sufficient}].",
            [
                .. PageMetadata(f.Page), ("role", ToWireName(f.Role)), ("tasks", held),
                ("needed", ToWireName(Core.PageRole.Editor)), ("needed_tasks", sufficient),
            ]);
    }

    private static RpcException Illegal(Fault.IllegalTransition f)
    {
        var permitted = string.Join(",", f.Permitted.SelectMany(MethodsOf).Distinct());
        return Error(
            StatusCode.FailedPrecondition,
            IllegalTransition,
            $"{ToWireName(f.Trigger)} is not allowed while {f.Page} is {ToWireName(f.State)}. Allowed methods: {permitted}.",
            [.. PageMetadata(f.Page), ("state", ToWireName(f.State)), ("trigger", ToWireName(f.Trigger)), ("permitted", permitted)]);
    }

    private static string[] MethodsOf(Core.Trigger trigger) => trigger switch
    {
        Core.Trigger.Request => ["BeginConnect", "ChoosePage"],
        Core.Trigger.Grant => ["Grant", "Reconnect"],
        Core.Trigger.Refuse => ["Refuse"],
        Core.Trigger.Renew => ["RenewGrant"],
        Core.Trigger.Restore => ["ReportSuccess"],
        Core.Trigger.Disconnect => ["Disconnect"],
        Core.Trigger.Expire or Core.Trigger.Revoke or Core.Trigger.Delete or Core.Trigger.Displace => ["ReportSignal"],
        _ => throw new UnreachableException(),
    };

    private static RpcException LimitExceeded(WatchFault.LimitExceeded f)
    {
        (string, string)[] metadata = [("scope", ToWireName(f.Scope)), ("limit", $"{f.Limit}")];
        var message = f.Scope is WatchLimitScope.Stream
            ? $"Too many merchants: the limit is {f.Limit} per {ToWireName(f.Scope)}. Remove some, or add others on another stream."
            : $"Too many open streams: the limit is {f.Limit} per {ToWireName(f.Scope)}. Close some, or try again later.";
        return Retryable(StatusCode.ResourceExhausted, WatchLimitExceeded, message, metadata, f.RetryAfter);
    }

    private static RpcException Retryable(StatusCode code, ErrorReason reason, string message, (string, string)[] metadata, TimeSpan after)
    {
        var error = Error(code, reason, message, metadata, new RetryInfo { RetryDelay = Duration.FromTimeSpan(after) });
        error.Trailers.Add(PushbackTrailer, ((long)Math.Ceiling(after.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture));
        return error;
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

        var status = new Status { Code = (int)code, Message = message, Details = { Any.Pack(info) } };
        if (detail is not null)
        {
            status.Details.Add(Any.Pack(detail));
        }

        return status.ToRpcException();
    }
}
