using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests;

/// <summary>Tokens expire without a call, on a clock that the test sets: the times in the history are exact.</summary>
public sealed class ExpiryTests : IDisposable
{
    private static readonly PageRef Page = new() { Provider = Provider.Zalo, PageId = "oa" };
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = Start + TimeSpan.FromHours(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly TemporaryFolder folder = new();
    private readonly FakeClock clock;
    private readonly List<int> processes = [];

    public ExpiryTests() => clock = new FakeClock(folder.Path, Start);

    public void Dispose()
    {
        processes.ForEach(FakeClock.RemoveSharedMemory);
        folder.Dispose();
    }

    [Fact]
    public async Task R14_A_token_expires_at_its_end_and_not_a_millisecond_earlier_and_a_renewed_token_does_not()
    {
        await using var server = await StartAsync("--Rules:OneHolderPerPage=false");
        using var client = server.NewClient();
        await ConnectAsync(client, "earlier", End - Millisecond);
        await ConnectAsync(client, "renewed", End - Millisecond);
        await ConnectAsync(client, "ends", End);
        await client.Signals.RenewGrantAsync(
            new() { MerchantId = "renewed", Page = Page, ExpiresAt = Timestamp.FromDateTimeOffset(End + TimeSpan.FromDays(1)) });

        clock.Set(End - Millisecond);
        await WaitForExpiryAsync(client, "earlier");
        Assert.Equal(State.Connected, await StateAsync(client, "ends"));
        clock.Set(End);
        var expired = await WaitForExpiryAsync(client, "ends");

        Assert.Equal(
            (End, "connectionstate:timer", Cause.TokenExpired),
            (expired.At.ToDateTimeOffset(), expired.Actor, expired.Transition.Cause));
        Assert.Equal(State.Connected, await StateAsync(client, "renewed"));
    }

    [Fact]
    public async Task A_token_that_ended_while_the_service_was_down_expires_after_the_start()
    {
        await using (var server = await StartAsync())
        {
            using var client = server.NewClient();
            await ConnectAsync(client, "m", End);
            await server.Process.KillAsync();
        }

        var started = End + TimeSpan.FromHours(1);
        clock.Set(started);
        await using var next = await StartAsync();
        using var nextClient = next.NewClient();

        Assert.Equal(started, (await WaitForExpiryAsync(nextClient, "m")).At.ToDateTimeOffset());
    }

    private async Task<ServerProcess> StartAsync(params string[] arguments)
    {
        string[] environment = ["env", .. clock.Environment.Select(variable => $"{variable.Key}={variable.Value}")];
        var server = await ServerProcess.StartUnderAsync(environment, folder.File("cs.db"), arguments);
        processes.Add(server.Process.Id);
        return server;
    }

    // Reading does not cause the expiry: the history names the timer as its actor.
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

    private static async Task<State> StateAsync(ConnectionStateClient client, string merchantId) =>
        (await client.Pages.GetConnectionAsync(new() { MerchantId = merchantId, Page = Page })).Connection.State;

    private static async Task ConnectAsync(ConnectionStateClient client, string merchantId, DateTimeOffset end)
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
        await client.Connect.GrantAsync(new()
        {
            MerchantId = merchantId,
            SessionId = sessionId,
            MessagingConsent = true,
            ExpiresAt = Timestamp.FromDateTimeOffset(end),
        });
    }
}
