using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Servers;

/// <summary>Calls that follow each other through two servers, one of which is further from Redis.</summary>
public sealed class TwoServersTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int Lanes = 8;
    private static readonly TimeSpan Distance = TimeSpan.FromMilliseconds(2);
    private static readonly int Pairs = LongRun.Of(all: 10_000, usual: 300);
    private static readonly int CommitCount = LongRun.Of(all: 50_000, usual: 2_000);

    private RedisServer redis = null!;
    private FaultProxy proxy = null!;
    private ServerGroup servers = null!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        proxy = NewProxy(redis.Port);
        string[] configurations = [redis.Configuration, $"127.0.0.1:{proxy.Port}"];
        servers = await ServerGroup.StartAsync(2, n => configurations[n], attempts: 1, "--Store:KeptCommits=1000000");
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await proxy.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task R16_The_second_of_two_grants_of_a_page_through_two_servers_always_holds_it()
    {
        var watch = Stopwatch.StartNew();

        var wrong = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => GrantInTurnAsync(lane, Pairs / Lanes)));

        log.WriteLine($"{Pairs / Lanes * Lanes} pairs in {watch.Elapsed.TotalSeconds:F0} s, {wrong.Sum(w => w.Count)} wrong");
        Assert.Empty(wrong.SelectMany(w => w).Take(10));
    }

    [Fact]
    public async Task The_history_of_a_merchant_never_goes_back_in_time()
    {
        const string M = "merchant";
        var watch = Stopwatch.StartNew();
        for (var n = 0; n < CommitCount; n++)
        {
            await Commits.MakeAsync(servers.Clients[n % 2], M, n % 2);
        }

        var times = await TimesAsync(M);

        var back = times.Zip(times.Skip(1)).Where(pair => pair.Second < pair.First).ToList();
        log.WriteLine($"{times.Count} commits in {watch.Elapsed.TotalSeconds:F0} s, {back.Count} go back in time");
        Assert.Equal(CommitCount, times.Count);
        Assert.Empty(back.Take(10));
    }

    private static FaultProxy NewProxy(int port) => new(port) { Delay = Distance };

    // Two merchants take a page from each other, each through its own server. Every grant waits for the answer of the one before.
    private async Task<List<string>> GrantInTurnAsync(int lane, int pairs)
    {
        var page = ApiMerchant.Facebook($"page-{lane}");
        var merchants = new[] { 0, 1 }.Select(side => new ApiMerchant(servers.Clients[side], $"merchant-{lane}-{side}")).ToArray();
        var wrong = new List<string>();
        await merchants[0].ConnectAsync(page);
        await merchants[1].ConnectAsync(page);
        for (var pair = 0; pair < pairs; pair++)
        {
            // Which server is first alternates.
            var (first, second) = (pair % 2, 1 - (pair % 2));
            await ReconnectAsync(first, merchants[first].Id, page);
            var answer = await ReconnectAsync(second, merchants[second].Id, page);

            var (lost, held) = (await merchants[first].FindAsync(page), await merchants[second].FindAsync(page));
            if ((answer.State, held.State, lost.State, lost.Cause)
                != (State.Connected, State.Connected, State.Disconnected, Cause.SignedInElsewhere))
            {
                wrong.Add($"lane {lane}, pair {pair}: answered {answer.State}, then {held.State}; the first is {lost.State}");
            }
        }

        return wrong;
    }

    private async Task<Connection> ReconnectAsync(int server, string merchantId, PageRef page) =>
        (await servers.Clients[server].Connect.ReconnectAsync(new()
        {
            MerchantId = merchantId,
            Provider = page.Provider,
            Page = ApiMerchant.Offer(page.PageId),
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
            MessagingConsent = true,
        })).Connection;

    private async Task<List<DateTimeOffset>> TimesAsync(string merchantId)
    {
        var times = new List<DateTimeOffset>();
        ListChangesResponse found;
        var after = 0L;
        do
        {
            found = await servers.Clients[0].Pages.ListChangesAsync(new() { MerchantId = merchantId, AfterRevision = after, Limit = 1_000 });
            times.AddRange(found.Changes.Select(change => change.At.ToDateTimeOffset()));
            after = found.LastRevision;
        }
        while (found.More);

        return times;
    }
}
