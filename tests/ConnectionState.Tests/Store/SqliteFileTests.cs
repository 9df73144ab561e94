using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>How the embedded store opens its file, and which files it rejects.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string path;

    public SqliteFileTests() => path = folder.File("store.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Opening_a_file_twice_is_rejected()
    {
        await using var first = await OpenAsync(path);

        var message = await RejectionAsync(path);

        Assert.StartsWith($"The file {path} is in use by another process.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store.db", "link.db")]
    [InlineData("link.db", "store.db")]
    public async Task Opening_a_file_twice_through_a_symbolic_link_is_rejected(string one, string other)
    {
        await CreateAsync();
        File.CreateSymbolicLink(folder.File("link.db"), path);
        await using var first = await OpenAsync(folder.File(one));

        var message = await RejectionAsync(folder.File(other));

        Assert.StartsWith($"The file {path} is in use by another process.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opening_a_file_twice_that_was_created_through_a_symbolic_link_is_rejected()
    {
        File.CreateSymbolicLink(folder.File("link.db"), path);
        await using var first = await OpenAsync(folder.File("link.db"));
        Assert.True(File.Exists(path));

        var message = await RejectionAsync(path);

        Assert.StartsWith($"The file {path} is in use by another process.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_file_can_be_opened_again()
    {
        await CreateAsync();

        await using var again = await OpenAsync(path);

        await again.CheckAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_folder_is_created()
    {
        var deep = Path.Combine(folder.File("a"), "b", "store.db");

        await using var store = await OpenAsync(deep);

        Assert.True(File.Exists(deep));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_created_is_rejected()
    {
        await File.WriteAllTextAsync(folder.File("file"), "not a folder");
        var below = Path.Combine(folder.File("file"), "store.db");

        var message = await RejectionAsync(below);

        Assert.StartsWith($"The folder of {below} cannot be used:", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_has_the_schema_version_and_the_application_id()
    {
        await CreateAsync();

        using var database = new RawDatabase(path);
        Assert.Equal(4, database.Read<long>("PRAGMA user_version"));
        Assert.Equal("CSt8"u8.ToArray(), BitConverter.GetBytes((int)database.Read<long>("PRAGMA application_id")).Reverse());
    }

    [Fact]
    public async Task The_file_is_in_write_ahead_log_mode()
    {
        await CreateAsync();

        // The read and write version of the file format: 1 is a rollback journal, 2 is a write-ahead log.
        Assert.Equal(new byte[] { 2, 2 }, (await File.ReadAllBytesAsync(path))[18..20]);
    }

    [Fact]
    public void The_writers_connection_is_fully_synchronous()
    {
        using var file = SqliteFile.Lock(path);
        using var connection = file.OpenWriter();
        using var command = connection.CreateCommand();

        command.CommandText = "PRAGMA synchronous";
        Assert.Equal(2L, command.ExecuteScalar());

        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_file_with_another_schema_version_is_rejected_and_left_unchanged(int version)
    {
        await CreateAsync();
        Execute($"PRAGMA user_version = {version}");

        var message = await RejectedUnchangedAsync();

        Assert.StartsWith($"The file {path} has schema version {version}; ", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE notes (note TEXT)")]
    [InlineData("PRAGMA application_id = 17; PRAGMA user_version = 1")]
    [InlineData("PRAGMA user_version = 1")]
    [InlineData("PRAGMA journal_mode = WAL; CREATE TABLE notes (note TEXT)")]
    public async Task A_database_of_another_program_is_rejected_and_left_unchanged(string sql)
    {
        Execute(sql);

        var message = await RejectedUnchangedAsync();

        Assert.StartsWith($"The file {path} is a database of another program.", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_is_rejected_and_left_unchanged()
    {
        await File.WriteAllTextAsync(path, string.Join('\n', Enumerable.Repeat("Not a database.", 1_000)));

        var message = await RejectedUnchangedAsync();

        Assert.StartsWith($"The file {path} cannot be used:", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_is_opened_as_a_new_store()
    {
        await File.WriteAllBytesAsync(path, []);

        await using var store = await OpenAsync(path);

        Assert.Equal(0, (await store.ReadAsync("merchant-1", CancellationToken.None)).Record.Revision);
    }

    private static SqliteStore New(string path) => new(Options.Create(new StoreOptions { Path = path }), TimeProvider.System);

    private static async Task<SqliteStore> OpenAsync(string path)
    {
        var store = New(path);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private async Task CreateAsync() => await (await OpenAsync(path)).DisposeAsync();

    private static async Task<string> RejectionAsync(string path)
    {
        await using var store = New(path);
        return (await Assert.ThrowsAsync<StoreUnusableException>(() => store.OpenAsync(CancellationToken.None))).Message;
    }

    private async Task<string> RejectedUnchangedAsync()
    {
        var before = await File.ReadAllBytesAsync(path);
        var message = await RejectionAsync(path);

        Assert.Equal(before, await File.ReadAllBytesAsync(path));
        Assert.False(File.Exists(path + "-wal"), "A write-ahead log was left beside the file.");
        return message;
    }

    private void Execute(string sql)
    {
        using var database = new RawDatabase(path);
        database.Execute(sql);
    }
}
