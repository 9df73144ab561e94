using System.Diagnostics;
using System.Runtime.InteropServices;
using ConnectionState.Store;
using ConnectionState.Store.Sqlite;
using ConnectionState.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionState.Tests.Store;

public sealed class SqliteSleepTests
{
    // A build that knows whole seconds only would sleep for a hundred of them.
    [Fact]
    public async Task A_store_that_waits_for_less_than_a_second_does_not_wait_for_a_second()
    {
        using var folder = new TemporaryFolder();
        await using var store = new SqliteStore(Options.Create(new StoreOptions { Path = folder.File("sleep.db") }), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);

        var waiting = Stopwatch.StartNew();
        for (var i = 0; i < 100 && waiting.Elapsed < TimeSpan.FromSeconds(20); i++)
        {
            Assert.InRange(SleepMilliseconds(1), 1, 999);
        }

        Assert.InRange(waiting.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_sleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int SleepMilliseconds(int milliseconds);
}
