using System.Collections.Immutable;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.Connection.Types.State;
using static ConnectionStateService.V1.ConnectSession.Types;

namespace ConnectionStateService.Rpc.Validation;

/// <summary>Validates merchants that are imported. What the rules make impossible must not come in from outside.</summary>
internal static class ImportValidator
{
    private const int MaxSignals = 8;
    private const int MaxCount = 100;

    // Redis scripts compare revisions as doubles, which are exact up to 2^53: half of that leaves room for later commits.
    private const long MaxRevision = 1L << 52;

    // The clocks of two stores may differ.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(5);

    // The maximum of Rules:SessionLength.
    private static readonly TimeSpan MaxSessionLength = TimeSpan.FromDays(1);

    /// <summary>Returns all violations, with paths within the merchant.</summary>
    public static ImmutableArray<Violation> Validate(ExportedMerchant merchant, DateTimeOffset now)
    {
        var latest = Timestamp.FromDateTimeOffset(now + Slack);
        var validation = new RequestValidation();
        validation.Id("merchant_id", merchant.MerchantId).Range("revision", merchant.Revision, 0, MaxRevision)
            .KnownOrUnspecified("plan", merchant.Plan).Range("bought_pages", merchant.BoughtPages, 0, RequestValidator.MaxBoughtPages)
            .Time("trial_ends_at", merchant.TrialEndsAt);
        var waitingFor = merchant.Sessions.Select(session => session.Session?.Page).Where(page => page is not null).ToHashSet();
        var pages = new HashSet<PageRef>();
        for (var i = 0; i < merchant.Connections.Count; i++)
        {
            validation.BeginEntry("connections", i).Connection(merchant.Connections[i], merchant.Revision, latest);
            if (merchant.Connections[i].Connection is not { Page: { } page } connection)
            {
                continue;
            }

            if (!pages.Add(page))
            {
                validation.Add("connection.page", "must not be named twice");
            }

            if (connection.State is Pending && !waitingFor.Contains(page))
            {
                validation.Add("connection.state", "must not be PENDING without an open session that waits for the page");
            }
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < merchant.Sessions.Count; i++)
        {
            validation.BeginEntry("sessions", i).Session(merchant.Sessions[i], Timestamp.FromDateTimeOffset(now + MaxSessionLength + Slack), latest);
            if (merchant.Sessions[i].Session?.Page is { } chosen && !pages.Contains(chosen))
            {
                validation.Add("session.page", "must be the page of a connection");
            }

            if (!ids.Add(merchant.Sessions[i].Session?.SessionId ?? ""))
            {
                validation.Add("session.session_id", "must not be named twice");
            }
        }

        return validation.Violations;
    }

    private static RequestValidation NotAfter(this RequestValidation validation, string field, Timestamp? value, Timestamp latest) =>
        value is null || value <= latest ? validation : validation.Add(field, "must not be in the future");

    private static void Connection(this RequestValidation validation, ExportedConnection exported, long revision, Timestamp latest)
    {
        if (exported.Connection is not { } connection)
        {
            validation.Add("connection", "is required");
            return;
        }

        if (connection.Page is null)
        {
            validation.Add("connection.page", "is required");
        }
        else
        {
            validation.Known("connection.page.provider", connection.Page.Provider).Id("connection.page.page_id", connection.Page.PageId);
        }

        validation.Text("connection.page_name", connection.PageName).Known("connection.state", connection.State)
            .Id("connection.account_id", connection.AccountId)
            .RequiredTime("connection.state_since", connection.StateSince).Time("connection.connected_at", connection.ConnectedAt)
            .Time("connection.expires_at", connection.ExpiresAt).Range("connection.revision", connection.Revision, 0, revision)
            .KnownOrUnspecified("connection.health", connection.Health)
            .Time("token_expires_at", exported.TokenExpiresAt).Time("grant_since", exported.GrantSince).Time("issued_at", exported.IssuedAt)
            .Time("verified_at", exported.VerifiedAt)
            .NotAfter("connection.state_since", connection.StateSince, latest).NotAfter("connection.connected_at", connection.ConnectedAt, latest)
            .NotAfter("grant_since", exported.GrantSince, latest).NotAfter("issued_at", exported.IssuedAt, latest)
            .NotAfter("verified_at", exported.VerifiedAt, latest).NotAfter("connection.evidence.observed_at", connection.Evidence?.ObservedAt, latest);
        if (!CausesOf(connection.State).Contains(connection.Cause))
        {
            validation.Add("connection.cause", $"must be one of {string.Join(", ", CausesOf(connection.State).Select(cause => RpcErrors.ToWireName(cause)))}");
        }

        if (connection.ExpiresSoon && (connection.State is not Connected || (exported.TokenExpiresAt ?? connection.ExpiresAt) is null))
        {
            validation.Add("connection.expires_soon", "must not be set unless the page is CONNECTED and has token_expires_at or expires_at");
        }

        if (connection.GrantId.Length > 0 && Mapping.ValueMapping.ParseGrantId(connection.GrantId) is null or ulong.MaxValue or 0)
        {
            validation.Add("connection.grant_id", "must be 16 lower-case hexadecimal digits");
        }

        validation.Suspicion(exported, connection);
        if (connection.Evidence is { } evidence)
        {
            validation.Known("connection.evidence.source", evidence.Source).KnownOrUnspecified("connection.evidence.signal", evidence.Signal)
                .RequiredTime("connection.evidence.observed_at", evidence.ObservedAt).Text("connection.evidence.reported_by", evidence.ReportedBy);
        }
    }

    private static void Suspicion(this RequestValidation validation, ExportedConnection exported, Connection connection)
    {
        if (connection.Health is Health.Suspect)
        {
            validation.RequiredTime("connection.suspect_since", connection.SuspectSince);
            if (connection.State is not Connected || connection.Evidence is null || exported.SoftSignals.Count == 0)
            {
                validation.Add("connection.health", "must not be SUSPECT unless the page is CONNECTED and has evidence and soft_signals");
            }
        }
        else if (exported.SoftSignals.Count > 0)
        {
            validation.Add("soft_signals", "must be empty unless the page is SUSPECT");
        }
        else if (connection is { State: Connected, Evidence: not null })
        {
            validation.Add("connection.evidence", "must not be set for a page that is CONNECTED and not SUSPECT");
        }

        var signals = new HashSet<Signal>();
        foreach (var soft in exported.SoftSignals.Take(MaxSignals))
        {
            validation.Known("soft_signals.signal", soft.Signal).Range("soft_signals.count", soft.Count, 1, MaxCount)
                .RequiredTime("soft_signals.first_observed_at", soft.FirstObservedAt).RequiredTime("soft_signals.last_observed_at", soft.LastObservedAt);
            if (!signals.Add(soft.Signal))
            {
                validation.Add("soft_signals.signal", "must not be named twice");
            }
        }

        if (exported.SoftSignals.Count > MaxSignals)
        {
            validation.Add("soft_signals", $"must be at most {MaxSignals} entries");
        }
    }

    private static void Session(this RequestValidation validation, ExportedSession exported, Timestamp latestDeadline, Timestamp latest)
    {
        if (exported.Session is not { } session)
        {
            validation.Add("session", "is required");
            return;
        }

        validation.Id("session.session_id", session.SessionId).Known("session.provider", session.Provider)
            .RequiredTime("session.deadline", session.Deadline).Time("signed_in_at", exported.SignedInAt)
            .OptionalId("session.reconnect_page.page_id", session.ReconnectPage is not null, session.ReconnectPage?.PageId ?? "")
            .OptionalId("session.page.page_id", session.Page is not null, session.Page?.PageId ?? "")
            .OptionalId("session.account.account_id", session.Account is not null, session.Account?.AccountId ?? "");
        validation.NotAfter("signed_in_at", exported.SignedInAt, latest);
        if (session.Deadline is { } deadline && deadline > latestDeadline)
        {
            validation.Add("session.deadline", "must be within a day");
        }

        if (session is { Page: not null, Account: null })
        {
            validation.Add("session.page", "must not be set before an account has signed in");
        }

        if (session.Page is { } page && page.Provider != session.Provider)
        {
            validation.Add("session.page.provider", "must be the provider of the session");
        }

        if (session.Candidates.Count > RequestValidator.MaxCandidates)
        {
            validation.Add("session.candidates", $"must be at most {RequestValidator.MaxCandidates} entries");
        }

        // The step follows from what the session knows: an export that says something else was changed by hand.
        var step = session.Account is null ? Step.SignIn
            : session.Page is not null ? Step.Consent
            : session.Step is Step.Permission ? Step.Permission
            : Step.ChoosePage;
        if (session.Step != step)
        {
            validation.Add("session.step", $"must be {RpcErrors.ToWireName(step)}: that follows from the account and the page");
        }

        if ((session.Account is null) != (exported.SignedInAt is null))
        {
            validation.Add("signed_in_at", "must be set if an account has signed in, and only then");
        }
    }

    // The transitions lead to these only.
    private static Cause[] CausesOf(Connection.Types.State state) => state switch
    {
        Refused => [Cause.ConsentRefused, Cause.SessionTimedOut],
        Expired => [Cause.TokenExpired],
        Revoked => [Cause.PermissionRevoked, Cause.RoleLost],
        Deleted => [Cause.PageDeleted],
        Disconnected => [Cause.SignedInElsewhere, Cause.MerchantDisconnected],
        _ => [Cause.Unspecified],
    };
}
