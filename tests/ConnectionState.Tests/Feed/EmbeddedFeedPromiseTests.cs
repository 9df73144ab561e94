using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Feed;

/// <summary>The promises of the feed on the embedded store.</summary>
public sealed class EmbeddedFeedPromiseTests : FeedPromiseTests
{
    private protected override IConnectionStore CreateStore(IServiceProvider services) => ActivatorUtilities.CreateInstance<SqliteStore>(services);

    private protected override Task<Dictionary<string, string?>> PrepareAsync() => Task.FromResult(new Dictionary<string, string?>());

    private protected override async Task LoseNewestAsync(int partition, int count)
    {
        using var database = new RawDatabase(Service.Database);
        database.Execute("DELETE FROM feed WHERE number > (SELECT max(number) FROM feed) - $1", count);
        await Service.NoticeForeignChangesAsync();
    }

    private protected override Task RemoveEntryAsync(int partition, long number)
    {
        using var database = new RawDatabase(Service.Database);
        database.Execute("DELETE FROM feed WHERE number = $1", number);
        return Service.NoticeForeignChangesAsync();
    }

    private protected override Task TrimHistoryAsync(string merchantId, long upTo)
    {
        using var database = new RawDatabase(Service.Database);
        database.Execute("DELETE FROM history WHERE merchant = $1 AND revision <= $2", merchantId, upTo);
        return Service.NoticeForeignChangesAsync();
    }
}
