using System.Diagnostics;
using System.Text.RegularExpressions;
using ConnectionStateService.Client;
using ConnectionStateService.Feed;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>The sample LostPageMailer as processes that are killed and stopped: every loss is mailed, and none by two that hold its partition.</summary>
public sealed class LostPageMailerTests(ITestOutputHelper log) : IAsyncLifetime, IDisposable
{
    private const int Shops = 12;

    private readonly TemporaryFolder folder = new();
    private readonly List<ChildProcess> mailers = [];
    private ServerProcess server = null!;
    private ConnectionStateClient client = null!;
    private int round;

    public async Task InitializeAsync()
    {
        server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Feed:CheckpointInterval=00:00:01", "--Feed:ReconciliationInterval=00:00:00.200");
        client = server.NewClient();
        await Task.WhenAll(Enumerable.Range(0, Shops).Select(n => Shop(n).ConnectAsync(ApiMerchant.Facebook($"page-{n}"))));
    }

    public async Task DisposeAsync()
    {
        foreach (var mailer in mailers)
        {
            await mailer.DisposeAsync();
        }

        client.Dispose();
        await server.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_loss_is_mailed_through_kill_9_and_SIGSTOP_and_none_by_two_holders()
    {
        var first = Start("mailer-a");
        await HeldByAsync("mailer-a");
        await LoseAsync();
        await MailedAsync();

        // Nobody handles what is lost now before the leases have ended.
        await first.KillAsync();
        var watch = Stopwatch.StartNew();
        await LoseAsync();
        var second = Start("mailer-b");
        await MailedAsync();
        await HeldByAsync("mailer-b");
        var afterKill = watch.Elapsed;

        var third = Start("mailer-c");
        await HeldByAsync("mailer-b", "mailer-c");
        await LoseAsync();
        await MailedAsync();
        await second.FreezeAsync();
        watch.Restart();
        await LoseAsync();
        await MailedAsync();
        await HeldByAsync("mailer-c");
        var afterStop = watch.Elapsed;

        second.Thaw();
        await HeldByAsync("mailer-b", "mailer-c");
        await LoseAsync();
        await MailedAsync();

        log.WriteLine($"takeover after kill -9: {afterKill.TotalSeconds:F1} s, after SIGSTOP: {afterStop.TotalSeconds:F1} s");
        Assert.Empty(MailsOf(second).Intersect(MailsOf(third)));
        Assert.All([second, third], mailer => Assert.Equal(MailsOf(mailer).Distinct(), MailsOf(mailer)));
    }

    private ChildProcess Start(string instance)
    {
        var mailer = ChildProcess.StartBuilt("samples/LostPageMailer", Path.GetTempPath(), server.Grpc.ToString(), instance);
        mailers.Add(mailer);
        return mailer;
    }

    // Each shop loses its page and connects it again.
    private async Task LoseAsync()
    {
        round++;
        await Task.WhenAll(Enumerable.Range(0, Shops).Select(async n =>
        {
            var page = ApiMerchant.Facebook($"page-{n}");
            await Shop(n).ReportAsync(page, Signal.PermissionRevoked);
            await Shop(n).RenewAsync(page);
        }));
    }

    // Each shop has a mail for each loss, and all positions are committed: nothing of it is handled again.
    private async Task MailedAsync()
    {
        await Eventually.TrueAsync(() => Task.FromResult(mailers.SelectMany(MailsOf).Distinct().Count() == round * Shops));
        var newest = (await client.Feeds.GetFeedPositionsAsync(new())).Partitions.Max(partition => NumberOf(partition.Newest));
        await Eventually.TrueAsync(async () => (await ConsumerAsync())!.Positions.All(position => NumberOf(position.Position_) >= newest));
    }

    private Task HeldByAsync(params string[] instances) => Eventually.TrueAsync(async () => await ConsumerAsync() is { Positions.Count: 256 } consumer
        && consumer.Positions.Select(position => position.Instance).Distinct().Order(StringComparer.Ordinal).SequenceEqual(instances));

    private async Task<ListFeedConsumersResponse.Types.Consumer?> ConsumerAsync() =>
        (await client.Feeds.ListFeedConsumersAsync(new())).Consumers.SingleOrDefault(found => found.Name == "lost-page-mailer");

    private static long NumberOf(string position)
    {
        Assert.Null(FeedPosition.Decode(position, out _, out var point));
        return point.Number;
    }

    // The key of a mail names the commit and the page.
    private static List<string> MailsOf(ChildProcess mailer) => [.. Regex.Matches(mailer.Output, @"Key: (\S+)").Select(match => match.Groups[1].Value)];

    private ApiMerchant Shop(int n) => new(client, $"shop-{n}");
}
