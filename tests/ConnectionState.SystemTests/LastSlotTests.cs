using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests;

/// <summary>The quota holds under concurrency: parallel calls for the last slot through the real server.</summary>
public sealed class LastSlotTests : IDisposable
{
    private const int Callers = 32;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task R10_Of_32_parallel_callers_exactly_one_takes_the_last_free_slot()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), $"--Rules:Retention:Sessions={Callers}");
        using var client = server.NewClient();
        for (var round = 0; round < 10; round++)
        {
            var merchantId = $"merchant-{round}";
            await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Trial });
            var sessions = await Task.WhenAll(Enumerable.Range(0, Callers).Select(n => PrepareAsync(client, merchantId, $"page-{n}")));

            var outcomes = await Task.WhenAll(sessions.Select((id, n) => TryChooseAsync(client, merchantId, id, $"page-{n}")));

            Assert.Single(outcomes, outcome => outcome is null);
            Assert.All(outcomes.OfType<ErrorReason>(), reason => Assert.Equal(ErrorReason.PageQuotaExceeded, reason));
            var list = (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;
            Assert.Equal((1, 1), (list.Quota.Used, list.Connections.Count));
        }
    }

    private static async Task<string> PrepareAsync(ConnectionStateClient client, string merchantId, string pageId)
    {
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Provider.Facebook });
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = begun.Session.SessionId,
            Account = new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { new Candidate { PageId = pageId, Name = "A Page", Role = PageRole.Editor } },
        });
        return begun.Session.SessionId;
    }

    private static async Task<ErrorReason?> TryChooseAsync(
        ConnectionStateClient client, string merchantId, string sessionId, string pageId)
    {
        try
        {
            await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = sessionId, PageId = pageId });
            return null;
        }
        catch (RpcException e)
        {
            return e.GetConnectionStateError().Reason;
        }
    }
}
