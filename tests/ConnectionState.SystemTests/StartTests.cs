using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

public sealed class StartTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task One_line_says_the_addresses_the_store_its_path_and_its_durability()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var client = server.NewClient();
        await client.Pages.GetPageListAsync(new() { MerchantId = "m" });

        Assert.Equal(
            $"ConnectionState serves gRPC on {server.Grpc.ToString().TrimEnd('/')} and HTTP on {server.Http.ToString().TrimEnd('/')}; "
            + $"store: embedded, {folder.File("cs.db")}; durability: a commit is acknowledged once it is on disk "
            + "(SQLite, WAL, synchronous=FULL)\n",
            server.Process.Output);
        Assert.Empty(server.Process.Errors);
    }

    [Theory]
    [InlineData("", "ConnectionState")]
    [InlineData("health/live", "live")]
    [InlineData("health/ready", "ready")]
    public async Task People_and_probes_are_answered_over_plain_HTTP(string path, string text)
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var http = new HttpClient { DefaultRequestVersion = new Version(1, 1) };

        Assert.Contains(text, await http.GetStringAsync(new Uri(server.Http, path)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Store:KeptCommits=many", "'many' at 'Store:KeptCommits'")]
    [InlineData("--Store:Paht=/tmp/cs.db", "'Paht'")]
    [InlineData("--Listen:AllowedOrigins=https://inbox.example", "'https://inbox.example' at 'Listen:AllowedOrigins'")]
    [InlineData("--Listen:AllowedHosts:0=http://inbox.example", "Listen:AllowedHosts is http://inbox.example")]
    public async Task A_value_or_an_option_that_is_none_is_named(string argument, string named)
    {
        await using var server = ChildProcess.StartBuilt("src/ConnectionState", Path.GetTempPath(), argument);

        await server.WaitForExitAsync();

        Assert.Equal(1, server.ExitCode);
        Assert.StartsWith("ConnectionState does not start: ", server.Errors, StringComparison.Ordinal);
        Assert.Contains(named, server.Errors, StringComparison.Ordinal);
        Assert.Single(server.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Asked_for_help_it_names_its_options_and_does_not_start()
    {
        await using var server = ChildProcess.StartBuilt("src/ConnectionState", Path.GetTempPath(), "--help");

        await server.WaitForExitAsync();

        Assert.Equal(0, server.ExitCode);
        Assert.Contains("--Store:Path", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_not_this_machines_is_refused()
    {
        // 192.0.2.0/24 is set aside for documentation (RFC 5737): nobody has it.
        await using var server = ChildProcess.StartBuilt(
            "src/ConnectionState", Path.GetTempPath(), "--Listen:Address=192.0.2.1", $"--Store:Path={folder.File("cs.db")}");

        await server.WaitForExitAsync();

        Assert.Equal(1, server.ExitCode);
        Assert.Single(server.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Without_options_the_file_is_made_below_the_working_directory()
    {
        await using var server = ChildProcess.StartBuilt(
            "src/ConnectionState", Path.GetDirectoryName(folder.File("x"))!, "--Listen:GrpcPort=0", "--Listen:HttpPort=0");

        Assert.Contains(folder.File("data/connectionstate.db"), await server.FirstLineAsync(), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("data/connectionstate.db")));
    }

    [Fact]
    public async Task A_second_process_on_the_same_file_is_refused_with_a_clear_sentence()
    {
        await using var first = await ServerProcess.StartAsync(folder.File("cs.db"));
        await using var second = ChildProcess.StartBuilt(
            "src/ConnectionState", Path.GetTempPath(), $"--Store:Path={folder.File("cs.db")}", "--Listen:GrpcPort=0", "--Listen:HttpPort=0");

        await second.WaitForExitAsync();

        Assert.Equal(1, second.ExitCode);
        Assert.Equal(
            $"ConnectionState does not start: The file {folder.File("cs.db")} is in use by another process. The embedded store serves "
            + "one process; stop the other one, or give this one another file with --Store:Path.\n",
            second.Errors);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var first = await ServerProcess.StartAsync(folder.File("cs.db"));
        await using var second = ChildProcess.StartBuilt(
            "src/ConnectionState", Path.GetTempPath(), $"--Store:Path={folder.File("other.db")}", $"--Listen:GrpcPort={first.Grpc.Port}", "--Listen:HttpPort=0");

        await second.WaitForExitAsync();

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($":{first.Grpc.Port}: address already in use", second.Errors, StringComparison.Ordinal);
        Assert.Single(second.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Wrong_options_are_all_told_at_once()
    {
        await using var server = ChildProcess.StartBuilt(
            "src/ConnectionState", Path.GetTempPath(), "--Listen:GrpcPort=70000", "--Rules:TrialPages=-1", "--Store:KeptCommits=0");

        await server.WaitForExitAsync();

        Assert.Equal(1, server.ExitCode);
        Assert.All(
            ["Listen:GrpcPort is 70000", "Rules:TrialPages is -1", "Store:KeptCommits is 0"],
            wrong => Assert.Contains(wrong, server.Errors, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_origin_that_no_browser_sends_is_refused_at_start()
    {
        await using var server = ChildProcess.StartBuilt(
            "src/ConnectionState", Path.GetTempPath(), "--Listen:AllowedOrigins:0=https://inbox.example", "--Listen:AllowedOrigins:1=*");

        await server.WaitForExitAsync();

        Assert.Equal(1, server.ExitCode);
        Assert.StartsWith(
            "ConnectionState does not start: Listen:AllowedOrigins is https://inbox.example, *; ", Assert.Single(server.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_to_end_it_ends_and_leaves_one_tidy_file()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using (var client = server.NewClient())
        {
            await client.Plans.SetPlanAsync(new() { MerchantId = "m", Plan = V1.Plan.Trial });
        }

        await server.Process.TerminateAsync();

        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
        Assert.False(File.Exists(folder.File("cs.db-wal")));
    }
}
