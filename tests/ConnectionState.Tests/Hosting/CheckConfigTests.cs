using ConnectionStateService.Hosting;
using ConnectionStateService.Hosting.Commands;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>The command --check-config.</summary>
public sealed class CheckConfigTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_error_is_named_with_its_environment_variable_and_the_store_is_asked_nevertheless()
    {
        var (valid, output, errors) = await CheckAsync(new()
        {
            ["Store:Path"] = folder.File("data/cs.db"),
            ["Listen:GrpcPort"] = "abc",
            ["Listen:HttpPort"] = "70000",
            ["Kestrel:Endpoints:Grpc:Url"] = "nonsense",
            ["Watch:CheckpointInterval"] = "00:00:00",
        });

        Assert.False(valid);
        Assert.Equal([$"store: embedded, {folder.File("data/cs.db")}; it does not exist yet and will be created"], output);
        Assert.Equal(4, errors.Length);
        Assert.All(
            ["Listen__GrpcPort", "Listen__HttpPort", "Kestrel__Endpoints__Grpc__Url", "Watch__CheckpointInterval"],
            variable => Assert.Single(errors, error => error.StartsWith($"ConnectionState: {variable.Replace("__", ":", StringComparison.Ordinal)} is ", StringComparison.Ordinal)
                && error.EndsWith($" (environment variable {variable})", StringComparison.Ordinal)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_valid_configuration_is_called_valid_while_a_process_serves_the_same_file()
    {
        await using var service = await Service.StartAsync();

        var (valid, output, errors) = await CheckAsync(new() { ["Store:Path"] = service.Database });

        Assert.Empty(errors);
        Assert.True(valid);
        Assert.Equal(
            [$"store: embedded, {service.Database}; a process serves it, and must stop before another can start", "The configuration is valid."], output);
    }

    [Fact]
    public async Task A_file_of_another_program_is_an_error()
    {
        using (var database = new RawDatabase(folder.File("other.db")))
        {
            database.Execute("CREATE TABLE other (id INTEGER)");
        }

        var (valid, _, errors) = await CheckAsync(new() { ["Store:Path"] = folder.File("other.db") });

        Assert.False(valid);
        Assert.Contains("is a database of another program", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_an_error()
    {
        await File.WriteAllTextAsync(folder.File("file"), "");

        var (valid, _, errors) = await CheckAsync(new() { ["Store:Path"] = folder.File("file/cs.db") });

        Assert.False(valid);
        Assert.Contains("cannot be written", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_that_does_not_answer_is_an_error()
    {
        // Nothing listens on port 1.
        var (valid, _, errors) = await CheckAsync(new() { ["Store:Kind"] = "Redis", ["Store:Redis:Configuration"] = "127.0.0.1:1" });

        Assert.False(valid);
        Assert.StartsWith("ConnectionState: The store does not answer: Redis does not serve after ", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Store:KeptCommits is 0; it must be 1 or more.", "Store:KeptCommits is 0; it must be 1 or more. (environment variable Store__KeptCommits)")]
    [InlineData("Rules:ProviderErrors:0:Code is 'x'.", "Rules:ProviderErrors:0:Code is 'x'. (environment variable Rules__ProviderErrors__0__Code)")]
    [InlineData("The file /data/cs.db is in use.", "The file /data/cs.db is in use.")]
    [InlineData("Redis at 127.0.0.1:6379 may evict merchants.", "Redis at 127.0.0.1:6379 may evict merchants.")]
    public void The_environment_variable_is_that_of_the_option_in_the_message(string error, string expected) =>
        Assert.Equal(expected, CheckConfig.AddVariable(error));

    private static async Task<(bool Valid, string[] Output, string[] Errors)> CheckAsync(Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.Services.AddConnectionState();
        builder.Services.AddKestrelEndpoints();
        CheckConfig.Configure(builder.Services);
        await using var app = builder.Build();
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var valid = await CheckConfig.RunAsync(app.Services, output, errors);
        return (valid, Lines(output), Lines(errors));
    }

    private static string[] Lines(StringWriter text) => text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
