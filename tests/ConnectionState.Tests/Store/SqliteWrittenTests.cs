using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Who is told by the writer that something is on disk.</summary>
public sealed class SqliteWrittenTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SqliteFile file;
    private readonly SqliteWriter writer;

    public SqliteWrittenTests()
    {
        file = SqliteFile.Take(folder.File("store.db"));
        writer = new SqliteWriter(file.OpenWriter(), keptCommits: 10);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await writer.DisposeAsync();

    public void Dispose()
    {
        file.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task What_was_written_is_told_even_when_its_caller_gave_up_meanwhile()
    {
        using var giveUp = new CancellationTokenSource();
        using var waits = new ManualResetEventSlim();
        var told = new TaskCompletionSource<int>();
        var answer = writer.WriteAsync(
            _ =>
            {
                Assert.True(waits.Wait(TimeSpan.FromSeconds(20)));
                giveUp.Cancel();
                return 7;
            },
            giveUp.Token,
            told.SetResult);
        waits.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);

        Assert.Equal(7, await told.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_is_given_up_before_it_is_begun_is_neither_written_nor_told()
    {
        var (written, told) = (false, false);
        var answer = writer.WriteAsync(_ => written = true, new CancellationToken(canceled: true), _ => told = true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await writer.WriteAsync(_ => true, CancellationToken.None);

        Assert.Equal((false, false), (written, told));
    }

    [Fact]
    public async Task What_could_not_be_written_is_not_told()
    {
        var told = false;
        var answer = writer.WriteAsync<bool>(
            _ => throw new InvalidOperationException("the write"), CancellationToken.None, _ => told = true);

        await Assert.ThrowsAsync<InvalidOperationException>(() => answer);
        await writer.WriteAsync(_ => true, CancellationToken.None);

        Assert.False(told);
    }

    [Fact]
    public async Task It_is_told_before_the_caller_is_answered()
    {
        var told = false;

        await writer.WriteAsync(_ => true, CancellationToken.None, answer => told = answer);

        Assert.True(told);
    }
}
