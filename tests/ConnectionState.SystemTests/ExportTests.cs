using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests;

/// <summary>The commands <c>export</c> and <c>import</c>, as processes on both stores.</summary>
public sealed class ExportTests : IDisposable
{
    private const int Failed = 1;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_export_from_SQLite_is_imported_into_Redis_and_is_the_same_when_it_is_exported_again()
    {
        await using (var server = await ServerProcess.StartAsync(folder.File("cs.db")))
        {
            using var client = server.NewClient();
            for (var n = 0; n < 20; n++)
            {
                var merchant = new ApiMerchant(client, $"shop-{n}");
                await merchant.ConnectAsync(ApiMerchant.Facebook($"page-{n}"), new PageRef { Provider = Provider.Zalo, PageId = $"oa-{n}" });
                await merchant.RequestAsync(ApiMerchant.Facebook($"wanted-{n}"));
                if (n % 3 == 0)
                {
                    await merchant.ReportAsync(ApiMerchant.Facebook($"page-{n}"), Signal.PermissionRevoked);
                }
            }

            // While the service runs, its file is its own.
            await using var busy = await RunAsync("export", folder.File("busy.jsonl"), SqlitePath);
            Assert.Equal(Failed, busy.ExitCode);
            await server.Process.TerminateAsync();
        }

        await using var redis = await RedisServer.StartAsync();
        string[] onRedis = ["--Store:Kind=Redis", $"--Store:Redis:Configuration={redis.Configuration}"];
        await using var exported = await RunAsync("export", folder.File("first.jsonl"), SqlitePath);
        await using var again = await RunAsync("export", folder.File("first.jsonl"), SqlitePath);
        await using var dryRun = await RunAsync(["import", folder.File("first.jsonl"), "--dry-run", .. onRedis]);
        Assert.Empty((await redis.CommandAsync("KEYS", "cs:{*}:m:*")).Items);
        await using var imported = await RunAsync(["import", folder.File("first.jsonl"), .. onRedis]);
        await using var repeated = await RunAsync(["import", folder.File("first.jsonl"), .. onRedis]);
        await using var second = await RunAsync(["export", folder.File("second.jsonl"), .. onRedis]);
        await using var standardOutput = await RunAsync(["export", "-", .. onRedis]);

        AssertSays(0, "Exported 20 merchants in ", exported);
        AssertSays(Failed, $"ConnectionState: The file {folder.File("first.jsonl")} exists. Export to another one.", again);
        AssertSays(0, "Would import 20 merchants in ", dryRun);
        AssertSays(0, "Imported 20 merchants in ", imported);
        AssertSays(0, "Imported 0 merchants in ", repeated);
        Assert.EndsWith("; 20 were in the store already, 0 failed.\n", repeated.Errors, StringComparison.Ordinal);
        AssertSays(0, "Exported 20 merchants in ", second);
        Assert.Equal(await File.ReadAllTextAsync(folder.File("first.jsonl")), await File.ReadAllTextAsync(folder.File("second.jsonl")));
        Assert.Equal(await File.ReadAllTextAsync(folder.File("first.jsonl")), standardOutput.Output);
    }

    [Fact]
    public async Task Files_that_are_damaged_are_named_and_the_merchants_that_are_not_are_imported()
    {
        const string Header = """{"format":"connectionstate-merchants","version":1}""";
        await File.WriteAllLinesAsync(folder.File("damaged.jsonl"),
        [
            Header, """{"merchantId":"fine"}""", "not JSON", """{"merchantId":"wrong","boughtPages":-1}""", """{"merchantId":"odd","unknown":1}""", """{"merchants":4}""",
        ]);
        await File.WriteAllLinesAsync(folder.File("cut.jsonl"), [Header, """{"merchantId":"also-fine"}"""]);
        await File.WriteAllLinesAsync(folder.File("other.jsonl"), ["""{"merchantId":"no-header"}""", """{"merchants":1}"""]);

        await using var damaged = await RunAsync("import", folder.File("damaged.jsonl"), SqlitePath);
        await using var cut = await RunAsync("import", folder.File("cut.jsonl"), SqlitePath);
        await using var other = await RunAsync("import", folder.File("other.jsonl"), SqlitePath);
        await using var missing = await RunAsync("export", folder.File("missing.jsonl"), $"--Store:Path={folder.File("missing.db")}");

        var lines = damaged.Errors.TrimEnd().Split('\n');
        Assert.Equal((Failed, 4), (damaged.ExitCode, lines.Length));
        Assert.StartsWith("ConnectionState: line 3: ", lines[0], StringComparison.Ordinal);
        Assert.Equal("ConnectionState: line 4: wrong: bought_pages must be 0 to 10000", lines[1]);
        Assert.StartsWith("ConnectionState: line 5: ", lines[2], StringComparison.Ordinal);
        Assert.Matches("^Imported 1 merchants in .*; 0 were in the store already, 3 failed.$", lines[3]);
        AssertSays(Failed, $"ConnectionState: The file {folder.File("cut.jsonl")} was cut off: its last line is missing. 1 merchants before it were processed.", cut);
        AssertSays(Failed, $"ConnectionState: The file {folder.File("other.jsonl")} does not begin with the line of an export", other);
        AssertSays(Failed, $"ConnectionState: There is no database at {folder.File("missing.db")}.", missing);
        Assert.False(File.Exists(folder.File("missing.db")));
    }

    [Fact]
    public async Task The_example_of_the_documentation_is_imported()
    {
        var doc = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/fleet.md"));
        await File.WriteAllTextAsync(folder.File("example.jsonl"), doc.Split("```json\n")[1].Split("```")[0]);

        await using var imported = await RunAsync("import", folder.File("example.jsonl"), SqlitePath);

        AssertSays(0, "Imported 1 merchants in ", imported);
    }

    private string SqlitePath => $"--Store:Path={folder.File("cs.db")}";

    // What a command says is for people; the standard output is for the export.
    private static void AssertSays(int exitCode, string text, ChildProcess process)
    {
        Assert.StartsWith(text, process.Errors, StringComparison.Ordinal);
        Assert.Equal(exitCode, process.ExitCode);
    }

    private static async Task<ChildProcess> RunAsync(params string[] arguments)
    {
        var command = ChildProcess.Start("dotnet", Path.GetTempPath(), [ServerProcess.Assembly, .. arguments]);
        await command.WaitForExitAsync();
        return command;
    }
}
