using ConnectionStateService.Hosting;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

/// <summary>Command line, configuration and log of the real program, from start to stop.</summary>
public sealed class StartTests : IDisposable
{
    private const int CannotStart = 1;
    private const int InvalidCommandLine = 2;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_start_is_logged_with_version_addresses_store_and_durability()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var client = server.NewClient();
        await client.Pages.GetPageListAsync(new() { MerchantId = "m" });

        var line = Assert.Single(server.Process.Output.TrimEnd().Split('\n'));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: ", line);
        Assert.EndsWith(
            $"ConnectionState 0.1.0 serves gRPC on {server.Grpc.ToString().TrimEnd('/')} and HTTP on {server.Http.ToString().TrimEnd('/')}; "
            + $"store: embedded, {folder.File("cs.db")}; durability: a commit is acknowledged once it is on disk (SQLite, WAL, synchronous=FULL)",
            line,
            StringComparison.Ordinal);
        Assert.Empty(server.Process.Errors);
    }

    [Fact]
    public async Task The_stop_is_logged_with_its_reason_and_duration()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));

        await server.Process.TerminateAsync();

        Assert.Collection(
            server.Process.Output.TrimEnd().Split('\n'),
            started => Assert.Equal(server.Announcement, started),
            stopping => Assert.Matches(@"Z info: .* Stopping: SIGTERM\.$", stopping),
            stopped => Assert.Matches(@"Z info: .* Stopped after \d+ ms\.$", stopped));
    }

    [Theory]
    [InlineData("", "ConnectionState")]
    [InlineData("health/live", "live")]
    [InlineData("health/ready", "ready")]
    public async Task The_HTTP_port_serves_the_console_and_the_health_endpoints_over_HTTP_1_1(string path, string text)
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var http = new HttpClient { DefaultRequestVersion = new Version(1, 1) };

        Assert.Contains(text, await http.GetStringAsync(new Uri(server.Http, path)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_prints_options_sections_exit_codes_and_docs_and_exits_with_0()
    {
        await using var server = await RunAsync("--help");

        Assert.Equal((0, ""), (server.ExitCode, server.Errors));
        Assert.All(
            ["--check-config", "backup PATH", "--Store:Path", $"Sections: {string.Join(", ", ConnectionStateServiceCollectionExtensions.SectionNames)}.", "Exit codes", "docs/options.md", "--version"],
            text => Assert.Contains(text, server.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_config_and_backup_work_beside_the_running_service()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using (var client = server.NewClient())
        {
            await client.Plans.SetPlanAsync(new() { MerchantId = "m", Plan = V1.Plan.Trial });
        }

        await using var check = await RunAsync("--check-config", $"--Store:Path={folder.File("cs.db")}");
        await using var wrong = await RunInAsync(new() { ["Listen__GrpcPort"] = "abc" }, "--check-config", $"--Store:Path={folder.File("cs.db")}");
        await using var backup = await RunAsync("backup", folder.File("copy.db"), $"--Store:Path={folder.File("cs.db")}");
        await using var again = await RunAsync("backup", folder.File("copy.db"), $"--Store:Path={folder.File("cs.db")}");

        Assert.Equal((0, ""), (check.ExitCode, check.Errors));
        Assert.EndsWith("The configuration is valid.\n", check.Output, StringComparison.Ordinal);
        Assert.Equal(
            (CannotStart, "ConnectionState: Listen:GrpcPort is 'abc'; it must be a whole number. (environment variable Listen__GrpcPort)\n"),
            (wrong.ExitCode, wrong.Errors));
        Assert.Equal((0, ""), (backup.ExitCode, backup.Errors));
        Assert.StartsWith($"Copied 1 merchants to {folder.File("copy.db")}, ", backup.Output, StringComparison.Ordinal);
        Assert.Equal((CannotStart, $"ConnectionState: The file {folder.File("copy.db")} exists already.\n"), (again.ExitCode, again.Errors));
        await server.Process.TerminateAsync();
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
    }

    [Fact]
    public async Task Version_prints_the_version_and_exits_with_0()
    {
        await using var server = await RunAsync("--version");

        Assert.Equal((0, "0.1.0\n", ""), (server.ExitCode, server.Output, server.Errors));
    }

    [Theory]
    [InlineData("foo", "'foo' is not an option. Options look like --Store:Path=data/connectionstate.db; --help lists the most common ones.")]
    [InlineData("-Listen:GrpcPort=1", "'-Listen:GrpcPort=1' is not an option. Did you mean --Listen:GrpcPort=1?")]
    public async Task An_argument_that_is_not_an_option_is_refused_in_one_line_with_exit_code_2(string argument, string message)
    {
        await using var server = await RunAsync(argument);

        Assert.Equal((InvalidCommandLine, $"ConnectionState: {message}\n"), (server.ExitCode, server.Errors));
    }

    [Fact]
    public async Task All_invalid_arguments_are_refused_in_one_line_each()
    {
        await using var server = await RunAsync("foo", "bar", "--Listen:HttpPort=70000");

        Assert.Equal(InvalidCommandLine, server.ExitCode);
        Assert.Collection(
            server.Errors.TrimEnd().Split('\n'),
            line => Assert.StartsWith("ConnectionState: 'foo' is not an option.", line, StringComparison.Ordinal),
            line => Assert.StartsWith("ConnectionState: 'bar' is not an option.", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--Listen:GrpcPort=abc", "Listen:GrpcPort is 'abc'; it must be a whole number.")]
    [InlineData("--Store:Paht=/tmp/cs.db", "Store:Paht is not an option. Did you mean Store:Path? docs/options.md lists all options.")]
    [InlineData("--Stor:Path=/tmp/cs.db", "Stor:Path in the command line is not an option. Did you mean Store:Path? docs/options.md lists all options.")]
    [InlineData("--Nonsense:Path=x", "Nonsense:Path in the command line is not an option. The sections are ")]
    [InlineData("--Listen:AllowedHosts:0=http://inbox.example", "Listen:AllowedHosts is http://inbox.example")]
    [InlineData("--Logging:LogLevel:Default=bogus", "Configuration value 'bogus' is not supported.")]
    public async Task A_wrong_option_is_refused_in_one_line_that_names_it_and_says_what_is_expected(string argument, string message)
    {
        await using var server = await RunAsync(argument);

        Assert.Equal(CannotStart, server.ExitCode);
        Assert.StartsWith(
            $"ConnectionState does not start: {message}", Assert.Single(server.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_section_in_the_environment_is_refused()
    {
        await using var server = await RunInAsync(new() { ["Stor__Path"] = folder.File("cs.db") });

        Assert.Equal(
            (CannotStart, "ConnectionState does not start: Stor:Path in the environment is not an option. Did you mean Store:Path? "
            + "docs/options.md lists all options.\n"),
            (server.ExitCode, server.Errors));
    }

    [Fact]
    public async Task Variables_of_other_programs_and_sections_of_ASP_NET_are_accepted()
    {
        var environment = new Dictionary<string, string>
        {
            ["Serilog__MinimumLevel"] = "Debug",
            ["STORY"] = "x",
            ["OTEL_SERVICE_NAME"] = "connectionstate",
            ["ASPNETCORE_URLS"] = "http://localhost:1",
            ["Logging__LogLevel__Default"] = "Information",
        };

        await using var server = StartIn(
            environment, "--Listen:GrpcPort=0", "--Listen:HttpPort", "0", "--environment=Production", "--Logging:LogLevel:Microsoft=Error",
            $"--Store:Path={folder.File("cs.db")}");

        Assert.Contains("serves gRPC", await server.AnnouncementAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_wrong_options_are_reported_at_once()
    {
        await using var server = await RunAsync(
            "--Listen:GrpcPort=abc", "--Listen:HttpPort=70000", "--Listen:Adress=::1", "--Rules:TrialPages=-1", "--Store:KeptCommits=0",
            "--Store:CommitAttempts=many", "--Timr:Interval=1", "--Store:Redis:Timeout=abc", "--Rules:Retention:Sessions=many", "--Watch:Streams=0");

        Assert.Equal(CannotStart, server.ExitCode);
        var lines = server.Errors.TrimEnd().Split('\n');
        Assert.Equal(10, lines.Length);
        Assert.All(
            ["Listen:GrpcPort is 'abc'", "Listen:HttpPort is 70000", "Listen:Adress is not", "Rules:TrialPages is -1", "Store:KeptCommits is 0",
                "Store:CommitAttempts is 'many'", "Timr:Interval in the command line", "Store:Redis:Timeout is 'abc'",
                "Rules:Retention:Sessions is 'many'", "Watch:Streams is 0"],
            text => Assert.Single(lines, line => line.Contains(text, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_address_of_another_machine_is_refused()
    {
        // 192.0.2.0/24 is reserved for documentation (RFC 5737).
        await using var server = await RunAsync(
            "--Listen:Address=192.0.2.1", $"--Store:Path={folder.File("cs.db")}", "--Auth:Mode=Jwt", "--Auth:Jwt:Authority=https://login.example",
            "--Auth:Jwt:Audiences:0=connectionstate");

        Assert.Equal(CannotStart, server.ExitCode);
        Assert.Single(server.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task The_default_store_path_is_below_the_working_directory()
    {
        await using var server = ChildProcess.Start(
            "dotnet", Path.GetDirectoryName(folder.File("x"))!, [ServerProcess.Assembly, "--Listen:GrpcPort=0", "--Listen:HttpPort=0"]);

        Assert.Contains(folder.File("data/connectionstate.db"), await server.AnnouncementAsync(), StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("data/connectionstate.db")));
    }

    [Fact]
    public async Task A_second_process_on_the_same_file_is_refused()
    {
        await using var first = await ServerProcess.StartAsync(folder.File("cs.db"));
        await using var second = await RunAsync($"--Store:Path={folder.File("cs.db")}", "--Listen:GrpcPort=0", "--Listen:HttpPort=0");

        Assert.Equal(CannotStart, second.ExitCode);
        Assert.StartsWith($"ConnectionState does not start: The file {folder.File("cs.db")} is in use", second.Errors, StringComparison.Ordinal);
        Assert.Single(second.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        await using var first = await ServerProcess.StartAsync(folder.File("cs.db"));
        await using var second = await RunAsync(
            $"--Store:Path={folder.File("other.db")}", $"--Listen:GrpcPort={first.Grpc.Port}", "--Listen:HttpPort=0");

        Assert.Equal(CannotStart, second.ExitCode);
        Assert.Contains($":{first.Grpc.Port}: address already in use", second.Errors, StringComparison.Ordinal);
        Assert.Single(second.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task An_origin_that_no_browser_sends_is_refused()
    {
        await using var server = await RunAsync("--Listen:AllowedOrigins:0=https://inbox.example", "--Listen:AllowedOrigins:1=*");

        Assert.Equal(CannotStart, server.ExitCode);
        Assert.StartsWith(
            "ConnectionState does not start: Listen:AllowedOrigins is https://inbox.example, *; ",
            Assert.Single(server.Errors.TrimEnd().Split('\n')),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_stops_the_service_with_exit_code_0_and_leaves_no_WAL_file()
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

    private static Task<ChildProcess> RunAsync(params string[] arguments) => RunInAsync([], arguments);

    // Runs the program until it ends.
    private static async Task<ChildProcess> RunInAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var server = StartIn(environment, arguments);
        await server.WaitForExitAsync();
        return server;
    }

    private static ChildProcess StartIn(Dictionary<string, string> environment, params string[] arguments) =>
        ChildProcess.Start("dotnet", Path.GetTempPath(), [ServerProcess.Assembly, .. arguments], environment);
}
