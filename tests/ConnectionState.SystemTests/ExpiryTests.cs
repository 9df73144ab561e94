using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit.Abstractions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests;

public sealed class ExpiryTests(ITestOutputHelper log) : IDisposable
{
    private static readonly PageRef Page = new() { Provider = Provider.Zalo, PageId = "oa" };
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_token_that_ends_in_one_second_expires_by_itself_and_one_renewed_in_time_does_not()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Rules:OneHolderPerPage=false");
        using var client = server.NewClient();
        await ConnectAsync(client, "warms-up");
        await ConnectAsync(client, "renewed");
        await client.Signals.RenewGrantAsync(
            new() { MerchantId = "renewed", Page = Page, ExpiresAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(1)) });
        var end = await ConnectAsync(client, "ends");

        var expired = await WaitForExpiryAsync(client, "ends");

        var late = expired.At.ToDateTimeOffset() - end;
        log.WriteLine($"Expired {late.TotalMilliseconds:F0} ms after its end.");
        Assert.InRange(late, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Equal(("connectionstate:timer", Cause.TokenExpired), (expired.Actor, expired.Transition.Cause));
        var renewed = await client.Pages.GetConnectionAsync(new() { MerchantId = "renewed", Page = Page });
        Assert.Equal(State.Connected, renewed.Connection.State);
    }

    [Fact]
    public async Task What_came_due_while_the_service_was_down_is_carried_out_when_it_is_back()
    {
        DateTimeOffset end;
        await using (var server = await ServerProcess.StartAsync(folder.File("cs.db")))
        {
            using var client = server.NewClient();
            end = await ConnectAsync(client, "m");
            await server.Process.KillAsync();
        }

        await using var again = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var clientAgain = again.NewClient();

        Assert.True((await WaitForExpiryAsync(clientAgain, "m")).At.ToDateTimeOffset() >= end);
    }

    // Reading has no part in the expiry: the time that the history tells is the timer's.
    private static async Task<Change> WaitForExpiryAsync(ConnectionStateClient client, string merchantId)
    {
        using var hang = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var history = await client.Pages.ListChangesAsync(
                new() { MerchantId = merchantId, Limit = 100 }, cancellationToken: hang.Token);
            if (history.Changes.FirstOrDefault(c => c.Transition?.Trigger is Trigger.Expire) is { } expired)
            {
                return expired;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), hang.Token);
        }
    }

    // Connects with a token that ends one second later, and says when.
    private static async Task<DateTimeOffset> ConnectAsync(ConnectionStateClient client, string merchantId)
    {
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = Page.Provider });
        var sessionId = begun.Session.SessionId;
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = sessionId,
            Account = new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { new Candidate { PageId = Page.PageId, Name = "An OA", Role = PageRole.Admin } },
        });
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = sessionId, PageId = Page.PageId });
        var end = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1);
        await client.Connect.GrantAsync(new()
        {
            MerchantId = merchantId,
            SessionId = sessionId,
            MessagingConsent = true,
            ExpiresAt = Timestamp.FromDateTimeOffset(end),
        });
        return end;
    }
}
