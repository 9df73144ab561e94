using ConnectionStateService.Core;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>How much memory a merchant takes. The benchmark redis-memory measures many; docs/redis.md has its figures.</summary>
public sealed class RedisMemoryTests(ITestOutputHelper log)
{
    private const string M = "merchant-000001";

    [Fact]
    public async Task A_merchant_with_three_pages_takes_little_memory()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new RedisStore(Options.Create(server.NewStoreOptions()), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        await using var engine = await Engine.StartAsync();
        var handler = engine.NewHandler(store);
        PageRef[] pages = [.. Enumerable.Range(0, 3).Select(n => new PageRef(Provider.Facebook, $"100000000000000{n}"))];
        foreach (var page in pages)
        {
            var sessionId = $"{Guid.NewGuid():N}";
            foreach (var command in (Command[])
            [
                new Command.BeginConnect(NewOrigin(), sessionId, page.Provider, null),
                new Command.SubmitAccount(
                    NewOrigin(),
                    sessionId,
                    new Account("account", "An Account", IsPersonal: true),
                    [new Candidate(page.PageId, "A Page", PageRole.Editor, [])],
                    Complete: false),
                new Command.ChoosePage(NewOrigin(), sessionId, page.PageId),
                new Command.Grant(NewOrigin(), sessionId, (ulong)Random.Shared.NextInt64(1, long.MaxValue), MessagingConsent: true, null),
            ])
            {
                Assert.IsType<Decision.Changed>(await handler.HandleAsync(M, command, CancellationToken.None));
            }
        }

        var pageList = await UsageAsync(StoredMerchants.RecordKey(M));
        var index = 0L;
        foreach (var page in pages)
        {
            // Of the hash that several pages share, what one page adds.
            index += await UsageAsync(RedisKeys.Pages(page)!);
            var fields = (await server.CommandAsync("HGETALL", (string)RedisKeys.Pages(page)!)).Items;
            log.WriteLine($"index {string.Join(", ", fields.Select(field => field.Text))}: {fields.Sum(field => field.Bytes!.Length + 2)} bytes of entries");
        }

        log.WriteLine($"page list {pageList} ({await LengthAsync(StoredMerchants.RecordKey(M))} stored), index {index}, "
            + $"history {await UsageAsync(StoredMerchants.ChangesKey(M))}");
        Assert.InRange(pageList, 1, 540);

        async Task<long> UsageAsync(string key) => (await server.CommandAsync("MEMORY", "USAGE", key)).Number;

        async Task<long> LengthAsync(string key) => (await server.CommandAsync("STRLEN", key)).Number;
    }

    private static Origin NewOrigin() => new("merchant", $"{Guid.NewGuid():N}", PayloadHash: 1);
}
