using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>The callback that the writer calls after a commit.</summary>
public sealed class SqliteWrittenTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SqliteFile file;
    private readonly SqliteCache cache = new(capacity: 0);
    private readonly SqliteWriter writer;

    public SqliteWrittenTests()
    {
        file = SqliteFile.Lock(folder.File("store.db"));
        writer = new SqliteWriter(file.OpenWriter(), keptCommits: 10, cache);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await writer.DisposeAsync();

    public void Dispose()
    {
        file.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_committed_callback_runs_even_if_the_caller_stopped_waiting()
    {
        using var stopWaiting = new CancellationTokenSource();
        using var started = new ManualResetEventSlim();
        var reported = new TaskCompletionSource<int>();
        var write = writer.WriteAsync(
            _ =>
            {
                Assert.True(started.Wait(TimeSpan.FromSeconds(20)));
                stopWaiting.Cancel();
                return 7;
            },
            stopWaiting.Token,
            reported.SetResult);
        started.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);

        Assert.Equal(7, await reported.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_write_that_is_canceled_before_it_begins_is_neither_executed_nor_reported()
    {
        var (executed, reported) = (false, false);
        var write = writer.WriteAsync(_ => executed = true, new CancellationToken(canceled: true), _ => reported = true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        await writer.WriteAsync(_ => true, CancellationToken.None);

        Assert.Equal((false, false), (executed, reported));
    }

    [Fact]
    public async Task The_committed_callback_does_not_run_after_a_failure()
    {
        var reported = false;
        var write = writer.WriteAsync<bool>(
            _ => throw new InvalidOperationException("a bug"), CancellationToken.None, _ => reported = true);

        await Assert.ThrowsAsync<InvalidOperationException>(() => write);
        await writer.WriteAsync(_ => true, CancellationToken.None);

        Assert.False(reported);
    }

    [Fact]
    public async Task The_committed_callback_runs_before_the_write_completes()
    {
        var reported = false;

        await writer.WriteAsync(_ => true, CancellationToken.None, result => reported = result);

        Assert.True(reported);
    }
}
