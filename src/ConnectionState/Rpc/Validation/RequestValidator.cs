using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace ConnectionStateService.Rpc.Validation;

/// <summary>Says everything that is wrong with a request, at once.</summary>
internal static class RequestValidator
{
    public const int MostCandidates = 500;
    public const int MostTasks = 32;
    public const int LongestProviderMessage = 2_000;
    public const int MostBoughtPages = 10_000;
    public const int MostChanges = 1_000;

    public static ImmutableArray<Violation> Validate(IMessage request)
    {
        var checks = new RequestValidation();
        _ = request switch
        {
            BeginConnectRequest r => checks.Id("merchant_id", r.MerchantId).Known("provider", r.Provider)
                .OptionalId("reconnect_page_id", r.HasReconnectPageId, r.ReconnectPageId).Origin(r.RequestId, r.Actor),
            SubmitAccountRequest r => checks.Session(r.MerchantId, r.SessionId).Account(r.Account).Candidates(r.Candidates)
                .Origin(r.RequestId, r.Actor),
            ChoosePageRequest r => checks.Session(r.MerchantId, r.SessionId).Id("page_id", r.PageId).Origin(r.RequestId, r.Actor),
            GrantRequest r => checks.Session(r.MerchantId, r.SessionId).Time("expires_at", r.ExpiresAt).Origin(r.RequestId, r.Actor),
            RefuseRequest r => checks.Session(r.MerchantId, r.SessionId).Origin(r.RequestId, r.Actor),
            GetConnectSessionRequest r => checks.Session(r.MerchantId, r.SessionId),
            GetPageListRequest r => checks.Id("merchant_id", r.MerchantId),
            GetConnectionRequest r => checks.Id("merchant_id", r.MerchantId).Page("page", r.Page),
            FindConnectionsRequest r => checks.Page("page", r.Page),
            AcknowledgeRequest r => checks.Id("merchant_id", r.MerchantId).Page("page", r.Page).Origin(r.RequestId, r.Actor),
            DisconnectRequest r => checks.Id("merchant_id", r.MerchantId).Page("page", r.Page).Origin(r.RequestId, r.Actor),
            ListChangesRequest r => checks.ListChanges(r),
            ReportSignalRequest r => checks.Page("page", r.Page).OptionalId("merchant_id", r.HasMerchantId, r.MerchantId)
                .Known("signal", r.Signal).RequiredTime("observed_at", r.ObservedAt).Origin(r.RequestId, r.Actor),
            ReportProviderErrorRequest r => checks.Page("page", r.Page).OptionalId("merchant_id", r.HasMerchantId, r.MerchantId)
                .RequiredTime("observed_at", r.ObservedAt).Text("message", r.Message, LongestProviderMessage).Origin(r.RequestId, r.Actor),
            RenewGrantRequest r => checks.Id("merchant_id", r.MerchantId).Page("page", r.Page).Time("expires_at", r.ExpiresAt)
                .Origin(r.RequestId, r.Actor),
            SetPlanRequest r => checks.Id("merchant_id", r.MerchantId).Known("plan", r.Plan)
                .Range("bought_pages", r.BoughtPages, 0, MostBoughtPages).Origin(r.RequestId, r.Actor),
            WatchPageListRequest r => checks.Id("merchant_id", r.MerchantId),
            Standard.HealthCheckRequest => checks,
            _ => throw new UnreachableException($"No validation for {request.Descriptor.FullName}."),
        };
        return checks.Violations;
    }

    private static RequestValidation Session(this RequestValidation checks, string merchantId, string sessionId) =>
        checks.Id("merchant_id", merchantId).Id("session_id", sessionId);

    private static RequestValidation Origin(this RequestValidation checks, string requestId, string actor) =>
        checks.OptionalId("request_id", requestId.Length > 0, requestId).Text("actor", actor);

    private static RequestValidation Account(this RequestValidation checks, V1.Account? account) => account is null
        ? checks.Require("account", false, "must be given")
        : checks.Id("account.account_id", account.AccountId).RequiredText("account.name", account.Name);

    private static RequestValidation Candidates(this RequestValidation checks, RepeatedField<V1.Candidate> candidates)
    {
        if (candidates.Count > MostCandidates)
        {
            return checks.Require("candidates", false, $"must be at most {MostCandidates}");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < candidates.Count; i++)
        {
            var (field, candidate) = ($"candidates[{i}]", candidates[i]);
            checks.Id($"{field}.page_id", candidate.PageId)
                .Require($"{field}.page_id", seen.Add(candidate.PageId), "must be unique in the list")
                .RequiredText($"{field}.name", candidate.Name)
                .KnownOrUnspecified($"{field}.role", candidate.Role)
                .Require($"{field}.tasks", candidate.Tasks.Count <= MostTasks, $"must be at most {MostTasks}");
            for (var j = 0; j < Math.Min(candidate.Tasks.Count, MostTasks); j++)
            {
                checks.Id($"{field}.tasks[{j}]", candidate.Tasks[j]);
            }
        }

        return checks;
    }

    private static RequestValidation ListChanges(this RequestValidation checks, ListChangesRequest request)
    {
        checks.Id("merchant_id", request.MerchantId).Range("limit", request.Limit, 1, MostChanges);
        if (request.Page is not null)
        {
            checks.Page("page", request.Page);
        }

        return request.HasAfterRevision ? checks.Range("after_revision", request.AfterRevision, 0, long.MaxValue) : checks;
    }
}
