using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Makes commits for tests that do not care what is committed. Each has its own number, so that each changes something.</summary>
internal static class Commits
{
    public static async Task MakeAsync(ConnectionStateClient client, string merchantId, int number) =>
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = number });

    /// <summary>Makes every later page list of the merchant about 10 KB large, with open connect sessions that have long names.</summary>
    public static async Task EnlargePageListAsync(ConnectionStateClient client, string merchantId)
    {
        const int Sessions = 15;
        for (var session = 0; session < Sessions; session++)
        {
            var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
            await client.Connect.SubmitAccountAsync(new()
            {
                MerchantId = merchantId,
                SessionId = begun.Session.SessionId,
                Account = new() { AccountId = "person", Name = string.Concat(Enumerable.Repeat("ế", 200)), Personal = true },
                Candidates = { new Candidate { PageId = "page", Name = "A Page", Role = PageRole.Editor } },
            });
        }
    }
}
