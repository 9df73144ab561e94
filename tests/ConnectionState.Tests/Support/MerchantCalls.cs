using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// One valid call of each unary method that reads or changes one merchant's record. Without ReportSuccess, which answers for each merchant
/// instead of failing.
/// </summary>
internal static class MerchantCalls
{
    private const string Session = "session-1";

    private static readonly Dictionary<string, Func<ConnectionStateClient, string, PageRef, Task>> Calls = new()
    {
        ["BeginConnect"] = async (client, merchant, page) =>
            await client.Connect.BeginConnectAsync(new() { MerchantId = merchant, Provider = page.Provider }),
        ["SubmitAccount"] = async (client, merchant, _) => await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchant,
            SessionId = Session,
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
        }),
        ["ChoosePage"] = async (client, merchant, page) =>
            await client.Connect.ChoosePageAsync(new() { MerchantId = merchant, SessionId = Session, PageId = page.PageId }),
        ["Grant"] = async (client, merchant, _) =>
            await client.Connect.GrantAsync(new() { MerchantId = merchant, SessionId = Session }),
        ["Reconnect"] = async (client, merchant, page) => await client.Connect.ReconnectAsync(new()
        {
            MerchantId = merchant,
            Provider = page.Provider,
            Page = new() { PageId = page.PageId, Role = PageRole.Editor },
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
        }),
        ["Refuse"] = async (client, merchant, _) =>
            await client.Connect.RefuseAsync(new() { MerchantId = merchant, SessionId = Session }),
        ["GetConnectSession"] = async (client, merchant, _) =>
            await client.Connect.GetConnectSessionAsync(new() { MerchantId = merchant, SessionId = Session }),
        ["GetPageList"] = async (client, merchant, _) => await client.Pages.GetPageListAsync(new() { MerchantId = merchant }),
        ["GetConnection"] = async (client, merchant, page) =>
            await client.Pages.GetConnectionAsync(new() { MerchantId = merchant, Page = page }),
        ["Acknowledge"] = async (client, merchant, page) =>
            await client.Pages.AcknowledgeAsync(new() { MerchantId = merchant, Page = page }),
        ["Disconnect"] = async (client, merchant, page) =>
            await client.Pages.DisconnectAsync(new() { MerchantId = merchant, Page = page }),
        ["ReportSignal"] = async (client, merchant, page) => await client.Signals.ReportSignalAsync(new()
        {
            ObservedAt = ApiMerchant.Now,
            MerchantId = merchant,
            Page = page,
            Signal = Signal.PageDeleted,
        }),
        // Facebook's error when the user has removed the app.
        ["ReportProviderError"] = async (client, merchant, page) => await client.Signals.ReportProviderErrorAsync(new()
        {
            ObservedAt = ApiMerchant.Now,
            MerchantId = merchant,
            Page = page,
            Code = 190,
            Subcode = 458,
        }),
        ["RenewGrant"] = async (client, merchant, page) => await client.Signals.RenewGrantAsync(new()
        {
            MerchantId = merchant,
            Page = page,
            ExpiresAt = new Timestamp { Seconds = 2_000_000_000 },
        }),
        ["EraseMerchant"] = async (client, merchant, _) => await client.Merchants.EraseMerchantAsync(new() { MerchantId = merchant }),
        ["SetPlan"] = async (client, merchant, _) =>
            await client.Plans.SetPlanAsync(new() { MerchantId = merchant, Plan = Plan.Standard, BoughtPages = 1 }),
    };

    public static IReadOnlyCollection<string> Names => Calls.Keys;

    public static Task CallAsync(ConnectionStateClient client, string method, string merchantId, PageRef page) =>
        Calls[method](client, merchantId, page);
}
