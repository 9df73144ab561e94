using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>The client packages, and a service outside the repository that uses them.</summary>
public sealed class PackageTests(ITestOutputHelper log) : IDisposable
{
    // Builds on a busy machine; only a hang takes longer.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(8);

    // Unique, because NuGet never reads a version again that it has in its cache.
    private readonly string version = $"0.1.0-test.{Guid.NewGuid():N}";
    private readonly TemporaryFolder folder = new();

    private string Packages => folder.File("packages");

    public void Dispose()
    {
        folder.Dispose();
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var package in (string[])["connectionstate.client", "connectionstate.client.testing"])
        {
            if (Directory.Exists(Path.Combine(cache, package, version)))
            {
                Directory.Delete(Path.Combine(cache, package, version), recursive: true);
            }
        }
    }

    [Fact]
    public async Task The_packages_have_docs_symbols_and_the_contract_and_a_service_outside_the_repository_can_use_and_fake_them()
    {
        await PackAsync();
        AssertClientPackage();

        ConsumerProject.Write(folder.File("consumer"), version, Packages);
        log.WriteLine(await RunAsync(folder.File("consumer"), "test", "Consumer.slnx", "--nologo"));
    }

    private async Task PackAsync()
    {
        foreach (var project in (string[])["src/ConnectionState.Client", "src/ConnectionState.Client.Testing"])
        {
            // What the build of the tests has compiled is packed. Another version of the assemblies would compile them again.
            await RunAsync(
                Repository.Root, "pack", project, "--configuration", ChildProcess.Configuration, "--output", Packages, "--nologo",
                $"-p:PackageVersion={version}");
        }
    }

    private void AssertClientPackage()
    {
        using var package = ZipFile.OpenRead(Path.Combine(Packages, $"ConnectionState.Client.{version}.nupkg"));
        var files = package.Entries.Select(e => e.FullName).ToList();
        Assert.Contains("README.md", files);
        foreach (var framework in (string[])["net8.0", "net10.0"])
        {
            Assert.All(
                ["ConnectionState.Client.dll", "ConnectionState.Client.xml", "ConnectionState.Protos.dll", "ConnectionState.Protos.xml"],
                file => Assert.Contains($"lib/{framework}/{file}", files));
        }

        var contract = XDocument.Load(Open(package, "lib/net10.0/ConnectionState.Protos.xml"));
        Assert.Contains(contract.Descendants("member"), m => (string?)m.Attribute("name") == "T:ConnectionStateService.V1.Connection");

        var spec = XDocument.Load(Open(package, "ConnectionState.Client.nuspec")).Descendants().ToLookup(e => e.Name.LocalName);
        Assert.Equal("git", (string?)Assert.Single(spec["repository"]).Attribute("type"));
        Assert.Matches("^[0-9a-f]{40}$", (string?)Assert.Single(spec["repository"]).Attribute("commit"));
        var dependencies = spec["dependency"].Select(d => (string)d.Attribute("id")!).ToHashSet();
        Assert.All(
            ["Google.Protobuf", "Grpc.Core.Api", "Grpc.Net.ClientFactory", "Grpc.StatusProto"],
            id => Assert.Contains(id, dependencies));
        Assert.DoesNotContain(dependencies, id => id.StartsWith("ConnectionState", StringComparison.Ordinal));

        using var symbols = ZipFile.OpenRead(Path.Combine(Packages, $"ConnectionState.Client.{version}.snupkg"));
        Assert.Contains("lib/net10.0/ConnectionState.Client.pdb", symbols.Entries.Select(e => e.FullName));
    }

    private static MemoryStream Open(ZipArchive package, string file)
    {
        using var stream = package.GetEntry(file)!.Open();
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }

    private static async Task<string> RunAsync(string workingDirectory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [.. arguments, "-p:UseSharedCompilation=false", "-nodeReuse:false"])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Hang);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}:\n{await output}{await errors}");
        return await output;
    }
}
