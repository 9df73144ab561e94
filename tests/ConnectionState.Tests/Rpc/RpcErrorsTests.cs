using System.Text.RegularExpressions;
using ConnectionStateService.Auth;
using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Rpc;
using Grpc.Core;
using PageRef = ConnectionStateService.Core.PageRef;
using PageRole = ConnectionStateService.Core.PageRole;
using Provider = ConnectionStateService.Core.Provider;
using Trigger = ConnectionStateService.Core.Trigger;

namespace ConnectionStateService.Tests.Rpc;

public sealed class RpcErrorsTests
{
    private static readonly PageRef Page = new(Provider.Zalo, "oa-77");

    private static readonly Fault[] Faults =
    [
        new Fault.ConnectionNotFound(Page),
        new Fault.AccountNotConnected(new(Provider.Zalo, "account-8")),
        new Fault.SessionNotFound("session-5"),
        new Fault.IllegalTransition(Page, State.Revoked, Trigger.Renew, [Trigger.Request, Trigger.Delete]),
        new Fault.StepNotAllowed("session-5", SessionStep.SignIn, [SessionStep.ChoosePage, SessionStep.Consent]),
        new Fault.PageQuotaExceeded(4, 3, ["session-8", "session-9"]),
        new Fault.SessionLimitExceeded(20, ["session-8", "session-9"]),
        new Fault.ReconnectPageMismatch("session-5", Page, new(Provider.Zalo, "oa-78")),
        new Fault.AccountNotPersonal("account-8"),
        new Fault.PageRoleTooLow(Page, PageRole.Moderator, ["ANALYZE"], ["CREATE_CONTENT+MESSAGING", "MANAGE"]),
        new Fault.PageNotOffered(Page),
        new Fault.ConsentRequired(Page),
        new Fault.PageAlreadyConnected(Page),
        new Fault.ExpiryInPast(new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero), new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero)),
        new Fault.RequestIdReused("request-6"),
        new Fault.RecordTooLarge(MerchantParts.Candidates, 2_097_153, 2_097_152),
        new Fault.ConcurrentChange(64),
        new Fault.MerchantBusy(1_000),
    ];

    private static readonly WatchFault[] WatchFaults =
    [
        new WatchFault.ResumeTokenInvalid(ResumeTokenProblem.OtherMerchant),
        new WatchFault.LimitExceeded(WatchLimitScope.Merchant, 20, TimeSpan.FromSeconds(5)),
    ];

    private static readonly AuthFault[] AuthFaults =
    [
        new AuthFault.TokenMissing(),
        new AuthFault.TokenInvalid(TokenProblem.Audience),
        new AuthFault.TokenExpired(),
        new AuthFault.TokenRevoked(),
        new AuthFault.ScopeMissing("pages.write"),
        new AuthFault.MerchantNotAllowed(),
        new AuthFault.MerchantTokensDisabled(),
        new AuthFault.AuthorityUnavailable(),
    ];

    private static readonly LimitFault[] LimitFaults =
    [
        new LimitFault.RateLimitExceeded(LimitScope.Merchant, 2_000, TimeSpan.FromMilliseconds(150)),
        new LimitFault.ConcurrencyLimitExceeded(LimitScope.Caller, 4_000, TimeSpan.FromMilliseconds(500)),
        new LimitFault.Overloaded(TimeSpan.FromSeconds(1)),
    ];

    private static readonly FeedFault[] FeedFaults =
    [
        new FeedFault.FeedConsumerInUse("mailer", ["one", "two"]),
        new FeedFault.FeedConsumerLimitExceeded(ConsumerLimitScope.Instances, 256),
    ];

    private static IEnumerable<RpcException> OneFailurePerReason =>
    [
        .. Faults.Select(RpcErrors.ToException),
        .. WatchFaults.Select(RpcErrors.ToException),
        .. AuthFaults.Select(RpcErrors.ToException),
        .. LimitFaults.Select(RpcErrors.ToException),
        .. FeedFaults.Select(RpcErrors.ToException),
        RpcErrors.ToException(new StoreUnavailableException("the disk is gone")),
        RpcErrors.ToException(new RecordUnreadableException("merchant-9", "its digest does not match")),
        RpcErrors.ServerStopping(),
    ];

    // Fault.ExpiryInPast has the reason INVALID_REQUEST too.
    private static IEnumerable<RpcException> Failures =>
    [
        .. OneFailurePerReason,
        RpcErrors.InvalidRequest([new Violation("merchant_id", "must be given"), new Violation("page", "must be given")]),
        RpcErrors.UnreadableRequest(),
    ];

    [Fact]
    public void Every_fault_is_covered_by_these_tests()
    {
        Assert.Equal(typeof(Fault).GetNestedTypes().Select(t => t.Name).Order(), Faults.Select(f => f.GetType().Name).Order());
        Assert.Equal(typeof(WatchFault).GetNestedTypes().Select(t => t.Name).Order(), WatchFaults.Select(f => f.GetType().Name).Order());
        Assert.Equal(typeof(AuthFault).GetNestedTypes().Select(t => t.Name).Order(), AuthFaults.Select(f => f.GetType().Name).Order());
        Assert.Equal(typeof(FeedFault).GetNestedTypes().Select(t => t.Name).Order(), FeedFaults.Select(f => f.GetType().Name).Order());
        Assert.Equal(typeof(LimitFault).GetNestedTypes().Select(t => t.Name).Order(), LimitFaults.Select(f => f.GetType().Name).Order());
    }

    [Fact]
    public void Every_ErrorReason_is_used_by_exactly_one_fault_or_outage() => Assert.Equal(
        Enum.GetValues<ErrorReason>().Where(r => r is not ErrorReason.Unspecified).Select(RpcErrors.ToWireName).Order(),
        OneFailurePerReason.Select(f => Info(f).Reason).Order());

    [Fact]
    public void The_reason_of_every_fault_is_that_of_its_error() => Assert.All(
        Faults, fault => Assert.Equal(Info(RpcErrors.ToException(fault)).Reason, RpcErrors.ToWireName(RpcErrors.ReasonOf(fault))));

    [Fact]
    public void A_refusal_by_a_limit_says_when_to_retry_in_the_details_and_for_retry_policies() => Assert.All(LimitFaults, fault =>
    {
        var failure = RpcErrors.ToException(fault);
        var retry = Details(failure).Details.Single(d => d.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>();
        Assert.Equal(fault.RetryAfter, retry.RetryDelay.ToTimeSpan());
        Assert.Equal($"{fault.RetryAfter.TotalMilliseconds}", failure.Trailers.GetValue("grpc-retry-pushback-ms"));
    });

    [Fact]
    public void An_illegal_transition_names_the_methods_that_the_state_allows()
    {
        var permitted = ConnectionMachine.Permitted(State.Revoked, isListed: true);

        var info = Info(RpcErrors.ToException(new Fault.IllegalTransition(Page, State.Revoked, Trigger.Renew, permitted)));

        Assert.Equal("BeginConnect,ChoosePage,Grant,Reconnect,Refuse,RenewGrant,ReportSignal,Disconnect,ReportSuccess", info.Metadata["permitted"]);
    }

    [Fact]
    public void An_exceeded_quota_names_the_sessions_that_hold_slots() =>
        Assert.Equal("session-8,session-9", Info(RpcErrors.ToException(new Fault.PageQuotaExceeded(4, 3, ["session-8", "session-9"]))).Metadata["sessions"]);

    [Fact]
    public void Every_failure_has_one_ErrorInfo_and_the_same_code_and_message_in_status_and_details() => Assert.All(Failures, failure =>
    {
        var status = Details(failure);
        Assert.Single(status.Details, d => d.Is(ErrorInfo.Descriptor));
        Assert.Equal("connectionstate", Info(failure).Domain);
        Assert.Equal(((int)failure.StatusCode, failure.Status.Detail), (status.Code, status.Message));
    });

    [Fact]
    public void Every_value_in_a_message_is_in_the_ErrorInfo_metadata_or_in_a_field_violation() => Assert.All(
        Failures,
        failure =>
        {
            var values = Regex.Matches(failure.Status.Detail, @"[a-z]+-\d+|\b\d+\b|\b[A-Z]{2,}(_[A-Z]+)*\b").Select(m => m.Value).ToList();
            var violations = Details(failure).Details.Where(d => d.Is(BadRequest.Descriptor))
                .SelectMany(d => d.Unpack<BadRequest>().FieldViolations).Select(v => v.Description).ToList();
            Assert.All(values, value => Assert.True(
                Info(failure).Metadata.Values.Any(v => v.Split(',', '+').Contains(value))
                || violations.Any(v => v.Contains(value, StringComparison.Ordinal)),
                value));
        });

    [Fact]
    public void The_proto_comment_of_every_ErrorReason_has_its_status_and_metadata_keys()
    {
        var documented = Regex.Matches(
                Repository.Read("protos/connectionstate/v1/errors.proto"),
                @"(?<comment>(?:  //[^\n]*\n)+)  ERROR_REASON_(?<reason>\w+) = [1-9]")
            .ToDictionary(m => m.Groups["reason"].Value, m => Regex.Replace(m.Groups["comment"].Value, @"\s*//\s*", " ").Trim());

        Assert.All(Failures, failure =>
        {
            var comment = documented[Info(failure).Reason];
            Assert.StartsWith(RpcErrors.ToWireName(failure.StatusCode) + ".", comment, StringComparison.Ordinal);
            var keys = Regex.Replace(Regex.Match(comment, @"Metadata: (.*)\.$").Groups[1].Value, @" \([^)]*\)", "");
            Assert.Equal(keys == "none" ? [] : keys.Split(", ").Order(), Info(failure).Metadata.Keys.Order());
        });
    }

    [Fact]
    public void The_message_of_a_store_failure_is_not_sent_to_callers() => Assert.DoesNotContain(
        "disk", RpcErrors.ToException(new StoreUnavailableException("the disk is gone")).Status.Detail, StringComparison.Ordinal);

    private static ErrorInfo Info(RpcException failure) =>
        Details(failure).Details.Single(d => d.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();

    private static Google.Rpc.Status Details(RpcException failure) =>
        Google.Rpc.Status.Parser.ParseFrom(failure.Trailers.Get("grpc-status-details-bin")!.ValueBytes);
}
