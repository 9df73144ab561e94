using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>What becomes of the embedded store's file, and which files it leaves alone.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string path;

    public SqliteFileTests() => path = folder.File("store.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_second_opening_of_the_same_file_is_refused()
    {
        await using var first = await OpenAsync(path);

        var refusal = await RefusalAsync(path);

        Assert.StartsWith($"The file {path} is in use by another process.", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store.db", "link.db")]
    [InlineData("link.db", "store.db")]
    public async Task A_second_opening_through_a_symbolic_link_is_refused(string one, string other)
    {
        await CreateAsync();
        File.CreateSymbolicLink(folder.File("link.db"), path);
        await using var first = await OpenAsync(folder.File(one));

        var refusal = await RefusalAsync(folder.File(other));

        Assert.StartsWith($"The file {path} is in use by another process.", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_opening_of_a_file_that_was_made_through_a_symbolic_link_is_refused()
    {
        File.CreateSymbolicLink(folder.File("link.db"), path);
        await using var first = await OpenAsync(folder.File("link.db"));
        Assert.True(File.Exists(path));

        var refusal = await RefusalAsync(path);

        Assert.StartsWith($"The file {path} is in use by another process.", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_file_may_be_opened_again()
    {
        await CreateAsync();

        await using var again = await OpenAsync(path);

        await again.CheckAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_folder_is_made()
    {
        var deep = Path.Combine(folder.File("a"), "b", "store.db");

        await using var store = await OpenAsync(deep);

        Assert.True(File.Exists(deep));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused()
    {
        await File.WriteAllTextAsync(folder.File("file"), "not a folder");
        var below = Path.Combine(folder.File("file"), "store.db");

        var refusal = await RefusalAsync(below);

        Assert.StartsWith($"The folder of {below} cannot be used:", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schema_version_and_the_application_id_are_in_the_file()
    {
        await CreateAsync();

        using var database = new RawDatabase(path);
        Assert.Equal(1, database.Read<long>("PRAGMA user_version"));
        Assert.Equal("CSt8"u8.ToArray(), BitConverter.GetBytes((int)database.Read<long>("PRAGMA application_id")).Reverse());
    }

    [Fact]
    public async Task The_file_keeps_a_write_ahead_log()
    {
        await CreateAsync();

        // The file format's version for reading and writing: 1 is a rollback journal, 2 a write-ahead log.
        Assert.Equal(new byte[] { 2, 2 }, (await File.ReadAllBytesAsync(path))[18..20]);
    }

    [Fact]
    public void The_writers_connection_waits_for_the_disk()
    {
        using var file = SqliteFile.Take(path);
        using var connection = file.OpenWriter();
        using var command = connection.CreateCommand();

        command.CommandText = "PRAGMA synchronous";
        Assert.Equal(2L, command.ExecuteScalar());

        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
    }

    [Fact]
    public async Task A_file_of_a_newer_schema_is_refused_and_left_as_it_is()
    {
        await CreateAsync();
        Execute("PRAGMA user_version = 2");

        var refusal = await RefusedUnchangedAsync();

        Assert.StartsWith($"The file {path} has schema version 2; ", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE notes (note TEXT)")]
    [InlineData("PRAGMA application_id = 17; PRAGMA user_version = 1")]
    [InlineData("PRAGMA user_version = 1")]
    [InlineData("PRAGMA journal_mode = WAL; CREATE TABLE notes (note TEXT)")]
    public async Task Another_programs_database_is_refused_and_left_as_it_is(string sql)
    {
        Execute(sql);

        var refusal = await RefusedUnchangedAsync();

        Assert.Contains($"{path} is a database, but not one of ConnectionState's", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        await File.WriteAllTextAsync(path, string.Join('\n', Enumerable.Repeat("Dear diary,", 1_000)));

        var refusal = await RefusedUnchangedAsync();

        Assert.StartsWith($"The file {path} cannot be used:", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_becomes_a_store()
    {
        await File.WriteAllBytesAsync(path, []);

        await using var store = await OpenAsync(path);

        Assert.Equal(0, (await store.ReadAsync("merchant-1", CancellationToken.None)).Record.Revision);
    }

    private static SqliteStore New(string path) => new(Options.Create(new StoreOptions { Path = path }), new ManualClock());

    private static async Task<SqliteStore> OpenAsync(string path)
    {
        var store = New(path);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private async Task CreateAsync() => await (await OpenAsync(path)).DisposeAsync();

    private static async Task<string> RefusalAsync(string path)
    {
        await using var store = New(path);
        return (await Assert.ThrowsAsync<StoreRefusedException>(() => store.OpenAsync(CancellationToken.None))).Message;
    }

    private async Task<string> RefusedUnchangedAsync()
    {
        var before = await File.ReadAllBytesAsync(path);
        var refusal = await RefusalAsync(path);

        Assert.Equal(before, await File.ReadAllBytesAsync(path));
        Assert.False(File.Exists(path + "-wal"), "A log was left beside the file.");
        return refusal;
    }

    private void Execute(string sql)
    {
        using var database = new RawDatabase(path);
        database.Execute(sql);
    }
}
