using System.IO.Compression;
using System.Xml.Linq;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

/// <summary>The client as others install it.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_client_is_one_package_that_names_the_real_packages_it_needs()
    {
        await using var pack = ChildProcess.Start(
            "dotnet", Repository.Root, ["pack", "src/ConnectionState.Client", "--output", folder.File("out"), "--nologo"]);
        await pack.WaitForExitAsync();
        Assert.True(pack.ExitCode == 0, pack.Output + pack.Errors);

        using var package = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(folder.File("out"), "*.nupkg")));
        var files = package.Entries.Select(e => e.FullName).ToList();
        Assert.All(
            ["README.md", "lib/net10.0/ConnectionState.Client.dll", "lib/net10.0/ConnectionState.Client.xml", "lib/net10.0/ConnectionState.Protos.dll"],
            file => Assert.Contains(file, files));
        var dependencies = Dependencies(package);
        Assert.Equal("2.85.0", dependencies["Grpc.Core.Api"]);
        Assert.Equal("2.85.0", dependencies["Grpc.Net.Client"]);
        Assert.Contains("Google.Protobuf", dependencies.Keys);
        Assert.DoesNotContain(dependencies.Keys, id => id.StartsWith("ConnectionState", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Dependencies(ZipArchive package)
    {
        using var stream = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Descendants().Where(e => e.Name.LocalName == "dependency")
            .ToDictionary(e => (string)e.Attribute("id")!, e => (string)e.Attribute("version")!);
    }
}
