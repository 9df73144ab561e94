using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>Creates commands, with defaults for everything a test does not care about.</summary>
public static class TestCommands
{
    private static long lastGrantId;

    public static Command Begin(string sessionId, Provider provider, string? reconnectPageId = null) =>
        new Command.BeginConnect(CoreMerchant.NewOrigin(), sessionId, provider, reconnectPageId);

    public static Command SignIn(string sessionId, params Candidate[] candidates) =>
        new Command.SubmitAccount(CoreMerchant.NewOrigin(), sessionId, Pages.Owner, [.. candidates], Complete: false);

    /// <summary>The account that signed in grants these pages and no others.</summary>
    public static Command SignInComplete(string sessionId, params Candidate[] candidates) =>
        new Command.SubmitAccount(CoreMerchant.NewOrigin(), sessionId, Pages.Owner, [.. candidates], Complete: true);

    public static Command SignInAs(string sessionId, Account account, params Candidate[] candidates) =>
        new Command.SubmitAccount(CoreMerchant.NewOrigin(), sessionId, account, [.. candidates], Complete: false);

    public static Command Choose(string sessionId, PageRef page) => new Command.ChoosePage(CoreMerchant.NewOrigin(), sessionId, page.PageId);

    public static Command Grant(string sessionId, DateTimeOffset? expiresAt = null, bool consent = true, ulong? grantId = null) =>
        new Command.Grant(CoreMerchant.NewOrigin(), sessionId, grantId ?? NewGrantId(), consent, expiresAt);

    /// <summary>A grant to an Editor of the page, without a session.</summary>
    public static Command Reconnect(
        PageRef page,
        PageRole role = PageRole.Editor,
        Account? account = null,
        ulong? grantId = null,
        DateTimeOffset? expiresAt = null,
        bool consent = true) => new Command.Reconnect(
            CoreMerchant.NewOrigin(), page.Offered(role), page.Provider, account ?? Pages.Owner, grantId ?? NewGrantId(), consent, expiresAt);

    public static Command Refuse(string sessionId) => new Command.Refuse(CoreMerchant.NewOrigin(), sessionId);

    /// <summary>A renewal of the current grant, unless another one is named.</summary>
    public static Command Renew(
        PageRef page, DateTimeOffset? expiresAt = null, ulong? grantId = null, DateTimeOffset? issuedAt = null, ulong? newGrantId = null) =>
        new Command.Renew(CoreMerchant.NewOrigin(), page, grantId, newGrantId ?? NewGrantId(), issuedAt, expiresAt);

    /// <summary>A hard signal that was observed now, unless another time is given.</summary>
    public static Command Report(PageRef page, Signal signal, DateTimeOffset? observedAt = null, ulong? grantId = null) =>
        new Command.Report(
            CoreMerchant.NewOrigin(),
            page,
            grantId,
            signal,
            SignalStrength.Hard,
            EvidenceSource.Signal,
            observedAt ?? DateTimeOffset.MaxValue);

    /// <summary>A provider error that was observed now, unless another time is given.</summary>
    public static Command ReportError(
        PageRef page,
        Signal signal,
        SignalStrength strength,
        DateTimeOffset? observedAt = null,
        ulong? grantId = null,
        bool softBeforeExpiry = false) =>
        new Command.Report(
            CoreMerchant.NewOrigin(),
            page,
            grantId,
            signal,
            strength,
            EvidenceSource.ProviderError,
            observedAt ?? DateTimeOffset.MaxValue,
            SoftBeforeExpiry: softBeforeExpiry);

    /// <summary>A success that was observed now, unless another time is given.</summary>
    public static Command ReportSuccess(PageRef page, DateTimeOffset? observedAt = null, ulong? grantId = null) =>
        new Command.ReportSuccess(CoreMerchant.NewOrigin(), page, grantId, observedAt ?? DateTimeOffset.MaxValue);

    public static Command ReleasePage(PageRef page, ulong holdId) => new Command.ReleasePage(CoreMerchant.NewOrigin(), page, holdId);

    public static Command Acknowledge(PageRef page) => new Command.Acknowledge(CoreMerchant.NewOrigin(), page);

    public static Command Disconnect(PageRef page) => new Command.Disconnect(CoreMerchant.NewOrigin(), page);

    public static Command SetPlan(Plan plan, int boughtPages = 0) => new Command.SetPlan(CoreMerchant.NewOrigin(), plan, boughtPages);

    public static Command Tick() => new Command.Tick(CoreMerchant.NewOrigin());

    // The ids are compared only, so any that differ will do.
    private static ulong NewGrantId() => (ulong)Interlocked.Increment(ref lastGrantId);
}
