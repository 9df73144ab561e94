using ConnectionState.Client;
using ConnectionState.V1;

namespace ConnectionState.SystemTests.Support;

/// <summary>Commits that need no story: each with a number of its own, so that each changes something and can be told from others.</summary>
internal static class Commits
{
    public static async Task MakeAsync(ConnectionStateClient client, string merchantId, int number) =>
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = number });

    /// <summary>One commit after which every page list of the merchant takes some 10 KB: an open connect session with long names.</summary>
    public static async Task FattenAsync(ConnectionStateClient client, string merchantId)
    {
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = begun.Session.SessionId,
            Account = new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { Enumerable.Range(0, 50).Select(n => new Candidate { PageId = $"page-{n}", Name = new string('a', 200) }) },
        });
    }
}
