using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Commits that need no story: each with a number of its own, so that each changes something and can be told from others.</summary>
internal static class Commits
{
    public static async Task MakeAsync(ConnectionStateClient client, string merchantId, int number) =>
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = number });

    /// <summary>Makes every page list of the merchant from now on take some 10 KB: with open connect sessions of long names.</summary>
    public static async Task FattenAsync(ConnectionStateClient client, string merchantId)
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
