using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>Creates commands, with defaults for everything a test does not care about.</summary>
public static class TestCommands
{
    public static Command Begin(string sessionId, Provider provider, string? reconnectPageId = null) =>
        new Command.BeginConnect(CoreMerchant.NewOrigin(), sessionId, provider, reconnectPageId);

    public static Command SignIn(string sessionId, params Candidate[] candidates) =>
        new Command.SubmitAccount(CoreMerchant.NewOrigin(), sessionId, Pages.Owner, [.. candidates]);

    public static Command Choose(string sessionId, PageRef page) => new Command.ChoosePage(CoreMerchant.NewOrigin(), sessionId, page.PageId);

    public static Command Grant(string sessionId, DateTimeOffset? expiresAt = null, bool consent = true) =>
        new Command.Grant(CoreMerchant.NewOrigin(), sessionId, consent, expiresAt);

    public static Command Refuse(string sessionId) => new Command.Refuse(CoreMerchant.NewOrigin(), sessionId);

    public static Command Renew(PageRef page, DateTimeOffset? expiresAt = null) => new Command.Renew(CoreMerchant.NewOrigin(), page, expiresAt);

    public static Command Report(PageRef page, Signal signal, DateTimeOffset? observedAt = null) =>
        new Command.Report(CoreMerchant.NewOrigin(), page, signal, observedAt ?? DateTimeOffset.MaxValue, Code: null, Subcode: null);

    public static Command ReleasePage(PageRef page, string merchantId, DateTimeOffset grantedAt) =>
        new Command.ReleasePage(CoreMerchant.NewOrigin(), new Claim(merchantId, page, grantedAt));

    public static Command Acknowledge(PageRef page) => new Command.Acknowledge(CoreMerchant.NewOrigin(), page);

    public static Command Disconnect(PageRef page) => new Command.Disconnect(CoreMerchant.NewOrigin(), page);

    public static Command SetPlan(Plan plan, int boughtPages = 0) => new Command.SetPlan(CoreMerchant.NewOrigin(), plan, boughtPages);

    public static Command Tick() => new Command.Tick(CoreMerchant.NewOrigin());
}
