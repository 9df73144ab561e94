using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using FeedPosition = ConnectionStateService.Feed.FeedPosition;
using FeedPositionProblem = ConnectionStateService.Feed.FeedPositionProblem;
using PageToken = ConnectionStateService.Merchants.PageToken;

namespace ConnectionStateService.Rpc.Validation;

/// <summary>Validates requests. Finds all violations, not only the first.</summary>
internal static class RequestValidator
{
    public const int MaxCandidates = 5_000;
    public const int MaxSuccesses = 100;
    public const int MaxReports = 1_000;
    public const int MaxBoughtPages = 10_000;
    public const int MaxChanges = 1_000;
    public const int Partitions = 256;
    public const int MaxWatched = 256;
    public const int MaxPageSize = 500;
    public const int MaxImports = 100;
    public const int MaxDays = 400;

    // A page of consumers with all their positions and instances is below 1 MiB.
    public const int MaxConsumers = 20;

    // Of merchant tokens, in seconds.
    private const int MinLifetime = 5;
    private const int MaxLifetime = 15 * 60;

    public static ImmutableArray<Violation> Validate(IMessage request)
    {
        var validation = new RequestValidation();
        _ = request switch
        {
            BeginConnectRequest r => validation.Id("merchant_id", r.MerchantId).Known("provider", r.Provider)
                .OptionalId("reconnect_page_id", r.HasReconnectPageId, r.ReconnectPageId).Origin(r.RequestId, r.Actor),
            SubmitAccountRequest r => validation.Session(r.MerchantId, r.SessionId).Account(r.Account)
                .Count("candidates", r.Candidates.Count, 0, MaxCandidates).Origin(r.RequestId, r.Actor),
            ChoosePageRequest r => validation.Session(r.MerchantId, r.SessionId).Id("page_id", r.PageId).Origin(r.RequestId, r.Actor),
            GrantRequest r => validation.Session(r.MerchantId, r.SessionId).Time("expires_at", r.ExpiresAt).Origin(r.RequestId, r.Actor),
            ReconnectRequest r => validation.Id("merchant_id", r.MerchantId).Known("provider", r.Provider).ReconnectedPage(r.Page)
                .Account(r.Account).Time("expires_at", r.ExpiresAt).Origin(r.RequestId, r.Actor),
            RefuseRequest r => validation.Session(r.MerchantId, r.SessionId).Origin(r.RequestId, r.Actor),
            GetConnectSessionRequest r => validation.Session(r.MerchantId, r.SessionId),
            GetPageListRequest r => validation.Id("merchant_id", r.MerchantId),
            GetConnectionRequest r => validation.Id("merchant_id", r.MerchantId).Page(r.Page),
            FindConnectionsRequest r => validation.Page(r.Page),
            AcknowledgeRequest r => validation.Id("merchant_id", r.MerchantId).Page(r.Page).Origin(r.RequestId, r.Actor),
            DisconnectRequest r => validation.Id("merchant_id", r.MerchantId).Page(r.Page).Origin(r.RequestId, r.Actor),
            ListChangesRequest r => validation.ListChanges(r),
            ReportSignalRequest r => validation.Subject(r.Page, r.Account, r.Signal, r.GrantId).OptionalId("merchant_id", r.HasMerchantId, r.MerchantId)
                .Known("signal", r.Signal).RequiredTime("observed_at", r.ObservedAt).AnyText("grant_id", r.GrantId, RequestValidation.MaxIdLength)
                .Origin(r.RequestId, r.Actor),
            ReportSignalsRequest r => validation.Reports(r.Reports).Text("actor", r.Actor),
            ReportProviderErrorRequest r => validation.Page(r.Page).OptionalId("merchant_id", r.HasMerchantId, r.MerchantId)
                .RequiredTime("observed_at", r.ObservedAt)
                .AnyText("grant_id", r.GrantId, RequestValidation.MaxIdLength).KnownOrUnspecified("object", r.Object).Origin(r.RequestId, r.Actor),
            ReportSuccessRequest r => validation.Successes(r.Successes).Text("actor", r.Actor),
            RenewGrantRequest r => validation.Id("merchant_id", r.MerchantId).Page(r.Page).Time("expires_at", r.ExpiresAt)
                .AnyText("grant_id", r.GrantId, RequestValidation.MaxIdLength).Time("issued_at", r.IssuedAt).Origin(r.RequestId, r.Actor),
            SetPlanRequest r => validation.Id("merchant_id", r.MerchantId).Known("plan", r.Plan)
                .Range("bought_pages", r.BoughtPages, 0, MaxBoughtPages).Origin(r.RequestId, r.Actor),
            EraseMerchantRequest r => validation.Id("merchant_id", r.MerchantId).Origin(r.RequestId, r.Actor),
            WatchPageListRequest r => validation.Id("merchant_id", r.MerchantId),
            WatchPageListsRequest r => validation.Watched(r),
            WatchFeedRequest r => validation.Starts(r.Starts).Filter(r.Filter),
            GetFeedPositionsRequest => validation,
            ListFeedConsumersRequest r => validation.Range("page_size", r.PageSize, 0, MaxConsumers)
                .OptionalId("page_token", r.PageToken.Length > 0, r.PageToken),
            RemoveFeedConsumerRequest r => validation.Id("consumer", r.Consumer),
            CommitFeedPositionsRequest r => validation.Id("consumer", r.Consumer)
                .OptionalId("instance", r.Instance.Length > 0 || HasEpoch(r.Positions), r.Instance).Positions(r.Positions),
            HoldFeedPartitionsRequest r => validation.Id("consumer", r.Consumer).Id("instance", r.Instance)
                .OptionalId("session", r.Session.Length > 0, r.Session).PartitionList("released", r.Released),
            ListConnectionsRequest r => validation.ListConnections(r),
            CountConnectionsRequest => validation,
            CountLossesRequest r => validation.Range("days", r.Days, 0, MaxDays),
            ListMerchantsRequest r => validation.OptionalId("prefix", r.Prefix.Length > 0, r.Prefix).Range("page_size", r.PageSize, 0, MaxPageSize)
                .Token(r.PageToken.Length == 0 || PageToken.DecodeMerchant(r.PageToken, r.ListHash()) is not null),
            ExportMerchantsRequest r => validation.PartitionList("partitions", r.Partitions).Range("page_size", r.PageSize, 0, MaxPageSize)
                .Token(r.PageToken.Length == 0 || PageToken.DecodeExported(r.PageToken, r.ListHash()) is not null),
            ImportMerchantsRequest r => validation.Items(r.Items).RequiredText("source", r.Source).Text("actor", r.Actor),
            IssueMerchantTokenRequest r => validation.Id("merchant_id", r.MerchantId).RequiredText("actor", r.Actor).Known("preset", r.Preset)
                .Lifetime("lifetime", r.Lifetime),
            RevokeMerchantTokensRequest r => validation.Id("merchant_id", r.MerchantId),
            _ => throw new UnreachableException($"No validation for {request.Descriptor.FullName}."),
        };
        return validation.Violations;
    }

    private static RequestValidation Session(this RequestValidation validation, string merchantId, string sessionId) =>
        validation.Id("merchant_id", merchantId).Id("session_id", sessionId);

    private static RequestValidation Origin(this RequestValidation validation, string requestId, string actor) =>
        validation.OptionalId("request_id", requestId.Length > 0, requestId).Text("actor", actor);

    private static RequestValidation Account(this RequestValidation validation, V1.Account? account) => account is null
        ? validation.Add("account", "is required")
        : validation.Id("account.account_id", account.AccountId);

    // What a signal is about: a page, or an account.
    private static RequestValidation Subject(this RequestValidation validation, PageRef? page, AccountRef? account, Signal signal, string grantId)
    {
        if (account is null)
        {
            return page is null ? validation.Add("page", "is required, or an account") : validation.Page(page);
        }

        if (page is not null)
        {
            validation.Add("account", "must not be set together with page").Page(page);
        }
        else if (grantId.Length > 0)
        {
            validation.Add("grant_id", "must not be set with an account, which may have several grants");
        }

        if (signal is Signal.PageDeleted)
        {
            validation.Add("signal", "must not be SIGNAL_PAGE_DELETED with an account: it is about a page");
        }

        return validation.Known("account.provider", account.Provider).Id("account.account_id", account.AccountId);
    }

    private static RequestValidation Count(this RequestValidation validation, string field, int count, int min, int max) =>
        count >= min && count <= max ? validation : validation.Add(field, $"must be {min} to {max} entries");

    private static RequestValidation ReconnectedPage(this RequestValidation validation, V1.Candidate? page) => page is null
        ? validation.Add("page", "is required")
        : validation.Id("page.page_id", page.PageId);

    private static RequestValidation Successes(
        this RequestValidation validation, RepeatedField<ReportSuccessRequest.Types.Success> successes)
    {
        validation.Count("successes", successes.Count, 1, MaxSuccesses);
        for (var i = 0; i < Math.Min(successes.Count, MaxSuccesses); i++)
        {
            var success = successes[i];
            validation.BeginEntry("successes", i).Id("merchant_id", success.MerchantId).Page(success.Page)
                .AnyText("grant_id", success.GrantId, RequestValidation.MaxIdLength).RequiredTime("observed_at", success.ObservedAt);
        }

        return validation.EndEntry();
    }

    private static RequestValidation Watched(this RequestValidation validation, WatchPageListsRequest request)
    {
        validation.Count("adds", request.Adds.Count, 0, MaxWatched).Count("removes", request.Removes.Count, 0, MaxWatched);
        for (var i = 0; i < Math.Min(request.Adds.Count, MaxWatched); i++)
        {
            validation.BeginEntry("adds", i).Id("merchant_id", request.Adds[i].MerchantId);
        }

        for (var i = 0; i < Math.Min(request.Removes.Count, MaxWatched); i++)
        {
            validation.BeginEntry("removes", i).Id("merchant_id", request.Removes[i].MerchantId);
        }

        return validation.EndEntry();
    }

    private static RequestValidation Reports(this RequestValidation validation, RepeatedField<SignalReport> reports)
    {
        validation.Count("reports", reports.Count, 1, MaxReports);
        for (var i = 0; i < Math.Min(reports.Count, MaxReports); i++)
        {
            var report = reports[i];
            validation.BeginEntry("reports", i).Subject(report.Page, report.Account, report.Signal, report.GrantId)
                .OptionalId("merchant_id", report.HasMerchantId, report.MerchantId).Known("signal", report.Signal)
                .RequiredTime("observed_at", report.ObservedAt).AnyText("grant_id", report.GrantId, RequestValidation.MaxIdLength)
                .OptionalId("request_id", report.RequestId.Length > 0, report.RequestId);
        }

        return validation.EndEntry();
    }

    private static RequestValidation Starts(this RequestValidation validation, RepeatedField<FeedStart> starts)
    {
        validation.Count("starts", starts.Count, 0, Partitions);
        Span<bool> seen = stackalloc bool[Partitions];
        for (var i = 0; i < Math.Min(starts.Count, Partitions); i++)
        {
            var start = starts[i];
            validation.BeginEntry("starts", i).Range("partition", start.Partition, 0, Partitions - 1);
            if (start.Partition is >= 0 and < Partitions)
            {
                if (seen[start.Partition])
                {
                    validation.Add("partition", "must not be named twice");
                }

                seen[start.Partition] = true;
            }

            var begins = start.FromCase switch
            {
                FeedStart.FromOneofCase.None => false,
                FeedStart.FromOneofCase.Now => start.Now,
                FeedStart.FromOneofCase.Snapshot => start.Snapshot,
                _ => true,
            };
            if (!begins)
            {
                validation.Add("from", "is required: a position, now or snapshot");
            }

            if (start.FromCase is FeedStart.FromOneofCase.Position)
            {
                validation.Position(start.Position, start.Partition);
            }
        }

        return validation.EndEntry();
    }

    private static bool HasEpoch(RepeatedField<CommitFeedPositionsRequest.Types.Position> positions)
    {
        for (var i = 0; i < positions.Count; i++)
        {
            if (positions[i].Epoch != 0)
            {
                return true;
            }
        }

        return false;
    }

    private static RequestValidation Position(this RequestValidation validation, string position, int partition) =>
        FeedPosition.Decode(position, partition, out _) switch
        {
            null => validation,
            FeedPositionProblem.OtherPartition => validation.Add("position", "must be of the partition"),
            FeedPositionProblem.NewerVersion => validation.Add("position", "must not be of a newer version of the service"),
            _ => validation.Add("position", "must be a position of the feed, unaltered"),
        };

    private static RequestValidation Positions(
        this RequestValidation validation, RepeatedField<CommitFeedPositionsRequest.Types.Position> positions)
    {
        validation.Count("positions", positions.Count, 1, Partitions);
        for (var i = 0; i < Math.Min(positions.Count, Partitions); i++)
        {
            validation.BeginEntry("positions", i).Range("partition", positions[i].Partition, 0, Partitions - 1)
                .Range("epoch", positions[i].Epoch, 0, long.MaxValue).Position(positions[i].Position_, positions[i].Partition);
        }

        return validation.EndEntry();
    }

    private static RequestValidation PartitionList(this RequestValidation validation, string field, RepeatedField<int> partitions)
    {
        validation.Count(field, partitions.Count, 0, Partitions);
        for (var i = 0; i < Math.Min(partitions.Count, Partitions); i++)
        {
            validation.Range(field, partitions[i], 0, Partitions - 1);
        }

        return validation;
    }

    // The merchants themselves are validated one by one: an invalid one does not keep the others from being imported.
    private static RequestValidation Items(this RequestValidation validation, RepeatedField<ImportMerchantsRequest.Types.Item> items)
    {
        validation.Count("items", items.Count, 1, MaxImports);
        for (var i = 0; i < Math.Min(items.Count, MaxImports); i++)
        {
            validation.BeginEntry("items", i).Range("if_revision", items[i].IfRevision, 0, long.MaxValue);
            if (items[i].Merchant is not { } merchant)
            {
                validation.Add("merchant", "is required");
                continue;
            }

            validation.Id("merchant.merchant_id", merchant.MerchantId);
            for (var earlier = 0; earlier < i; earlier++)
            {
                if (items[earlier].Merchant?.MerchantId == merchant.MerchantId)
                {
                    validation.Add("merchant.merchant_id", "must not be named twice");
                    break;
                }
            }
        }

        return validation.EndEntry();
    }

    private static RequestValidation Filter(this RequestValidation validation, FeedFilter? filter)
    {
        for (var i = 0; i < filter?.States.Count; i++)
        {
            validation.Known("filter.states", filter.States[i]);
        }

        for (var i = 0; i < filter?.Providers.Count; i++)
        {
            validation.Known("filter.providers", filter.Providers[i]);
        }

        return validation;
    }

    private static RequestValidation ListConnections(this RequestValidation validation, ListConnectionsRequest request)
    {
        validation.KnownOrUnspecified("provider", request.Provider).Time("since", request.Since).Time("expires_before", request.ExpiresBefore)
            .KnownOrUnspecified("order", request.Order).Range("page_size", request.PageSize, 0, MaxPageSize);
        var isBySince = request.Order is not ListConnectionsRequest.Types.Order.Merchant;
        for (var i = 0; i < request.States.Count; i++)
        {
            validation.Known("states", request.States[i]);
            if (isBySince && request.States[i] is Connection.Types.State.Pending or Connection.Types.State.Connected or Connection.Types.State.Refused)
            {
                validation.Add("states", "must be EXPIRED, REVOKED, DELETED or DISCONNECTED, or the order MERCHANT");
            }
        }

        for (var i = 0; i < request.Causes.Count; i++)
        {
            validation.Known("causes", request.Causes[i]);
        }

        return validation.Token(request.PageToken.Length == 0
            || (isBySince
                ? PageToken.DecodeLost(request.PageToken, request.ListHash()) is not null
                : PageToken.DecodeMerchant(request.PageToken, request.ListHash()) is not null));
    }

    private static RequestValidation Token(this RequestValidation validation, bool isValid) =>
        isValid ? validation : validation.Add("page_token", "must be the next_page_token of a page of the same request");

    private static RequestValidation RequiredText(this RequestValidation validation, string field, string value) =>
        value.Length > 0 ? validation.Text(field, value) : validation.Add(field, "is required");

    private static RequestValidation Lifetime(this RequestValidation validation, string field, Duration? value) =>
        value is null || (value.Nanos is >= 0 and < 1_000_000_000 && value.Seconds >= MinLifetime && value.Seconds + (value.Nanos > 0 ? 1 : 0) <= MaxLifetime)
            ? validation
            : validation.Add(field, $"must be {MinLifetime} to {MaxLifetime} seconds");

    private static RequestValidation ListChanges(this RequestValidation validation, ListChangesRequest request)
    {
        validation.Id("merchant_id", request.MerchantId).Range("limit", request.Limit, 1, MaxChanges);
        if (request.Page is not null)
        {
            validation.Page(request.Page);
        }

        if (request is { HasAfterRevision: true, HasResumeToken: true })
        {
            validation.Add("resume_token", "must not be set together with after_revision");
        }

        return request.HasAfterRevision ? validation.Range("after_revision", request.AfterRevision, 0, long.MaxValue) : validation;
    }
}
