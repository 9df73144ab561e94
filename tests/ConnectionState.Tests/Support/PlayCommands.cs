using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>The commands, each with all that a test does not care about filled in.</summary>
public static class PlayCommands
{
    public static Command Begin(string sessionId, Provider provider, string? reconnectPageId = null) =>
        new Command.BeginConnect(Play.By(), sessionId, provider, reconnectPageId);

    public static Command SignIn(string sessionId, params Candidate[] candidates) =>
        new Command.SubmitAccount(Play.By(), sessionId, Pages.Owner, [.. candidates]);

    public static Command Choose(string sessionId, PageRef page) => new Command.ChoosePage(Play.By(), sessionId, page.PageId);

    public static Command Grant(string sessionId, DateTimeOffset? expiresAt = null, bool consent = true) =>
        new Command.Grant(Play.By(), sessionId, consent, expiresAt);

    public static Command Refuse(string sessionId) => new Command.Refuse(Play.By(), sessionId);

    public static Command Renew(PageRef page, DateTimeOffset? expiresAt = null) => new Command.Renew(Play.By(), page, expiresAt);

    public static Command Report(PageRef page, Signal signal, DateTimeOffset? observedAt = null) =>
        new Command.Report(Play.By(), page, signal, observedAt ?? DateTimeOffset.MaxValue, Code: null, Subcode: null);

    public static Command ReleasePage(PageRef page, string merchantId, DateTimeOffset grantedAt) =>
        new Command.ReleasePage(Play.By(), new Claim(merchantId, page, grantedAt));

    public static Command Acknowledge(PageRef page) => new Command.Acknowledge(Play.By(), page);

    public static Command Disconnect(PageRef page) => new Command.Disconnect(Play.By(), page);

    public static Command SetPlan(Plan plan, int boughtPages = 0) => new Command.SetPlan(Play.By(), plan, boughtPages);

    public static Command Tick() => new Command.Tick(Play.By());
}
