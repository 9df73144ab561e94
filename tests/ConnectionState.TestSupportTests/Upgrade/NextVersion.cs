using System.Diagnostics;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.TestSupportTests.Upgrade;

/// <summary>A build of the service with one more stored field, which it always writes, and one more enum value, which it uses.</summary>
internal static class NextVersion
{
    /// <summary>The field as it is stored: number 1000, value 7.</summary>
    public static readonly byte[] Field = [0xC0, 0x3E, 7];

    /// <summary>The cause that this build stores for a page whose permission was revoked.</summary>
    public const int Cause = 99;

    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    private static readonly (string File, string Old, string New)[] Changes =
    [
        ("src/ConnectionState/Store/Records/storage.proto", "  bool follows_grant = 23;", "  bool follows_grant = 23;\n  int32 next_field = 1000;"),
        ("src/ConnectionState/Store/Records/RecordMapping.cs", "HoldId = connection.HoldId,", "NextField = 7,\n            HoldId = connection.HoldId,"),
        ("src/ConnectionState/Core/Cause.cs", "    MerchantDisconnected = 8,", "    MerchantDisconnected = 8,\n\n    /// <summary>New in this version.</summary>\n    Next = 99,"),
        ("src/ConnectionState/Core/Signal.cs", "Cause.PermissionRevoked", "Cause.Next"),
    ];

    /// <summary>Builds it from the sources of this repository, and returns the path of the program.</summary>
    public static async Task<string> BuildAsync(TemporaryFolder folder)
    {
        foreach (var file in FindSources())
        {
            var copy = folder.File(file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Repository.PathOf(file), copy);
        }

        foreach (var (file, old, replacement) in Changes)
        {
            var text = await File.ReadAllTextAsync(folder.File(file));
            Assert.Contains(old, text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(folder.File(file), text.Replace(old, replacement, StringComparison.Ordinal));
        }

        var start = new ProcessStartInfo(
            "dotnet", ["build", "-o", folder.File("out"), "-v", "quiet", "-nologo", "-p:UseSharedCompilation=false", "-nodeReuse:false"])
        {
            WorkingDirectory = folder.File("src/ConnectionState"),
            RedirectStandardOutput = true,
        };
        using var build = Process.Start(start)!;
        var output = build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync().WaitAsync(Hang);
        Assert.True(build.ExitCode == 0, await output);
        return folder.File("out/ConnectionState.dll");
    }

    private static IEnumerable<string> FindSources() =>
    [
        "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig",
        .. new[] { "protos", "src/ConnectionState" }
            .SelectMany(part => Directory.EnumerateFiles(Repository.PathOf(part), "*", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj")),
    ];
}
