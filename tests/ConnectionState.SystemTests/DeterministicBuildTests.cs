using System.Diagnostics;
using System.Security.Cryptography;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Builds of the same sources in two folders give the same bytes, so that anybody can check a published package. Two builds take half a minute: in a long
/// run both folders are built, otherwise the options that make it so are asserted.
/// </summary>
public sealed class DeterministicBuildTests : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);
    private static readonly string[] Frameworks = ["net8.0", "net10.0"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_client_library_has_the_same_bytes_whatever_folder_it_is_built_in()
    {
        if (!LongRun.IsOn)
        {
            var options = await RunAsync(
                Repository.Root, "dotnet", "msbuild", "src/ConnectionState.Client", "-nologo", "-p:CI=true", "-p:TargetFramework=net10.0",
                "-getProperty:Deterministic", "-getProperty:DeterministicSourcePaths");
            Assert.Equal(2, options.Split("\"true\"").Length - 1);
            return;
        }

        var first = await BuildAsync(folder.File("first"));
        var second = await BuildAsync(folder.File("a/second/folder"));

        Assert.Equal(first, second);
    }

    // As in a checkout of one commit: its id is a part of the version.
    private static async Task<List<string>> BuildAsync(string path)
    {
        Directory.CreateDirectory(path);
        await RunAsync(path, "git", "clone", "--quiet", "--no-hardlinks", Repository.Root, ".");
        var commit = await RunAsync(Repository.Root, "git", "diff", "HEAD", "--binary");
        if (commit.Length > 0)
        {
            await File.WriteAllTextAsync(Path.Combine(path, ".git", "changes.patch"), commit);
            await RunAsync(path, "git", "apply", ".git/changes.patch");
        }

        await RunAsync(
            path, "dotnet", "build", "src/ConnectionState.Client", "--configuration", "Release", "--nologo", "-v", "quiet", "-p:CI=true",
            "-p:UseSharedCompilation=false", "-nodeReuse:false");
        return
        [
            .. from framework in Frameworks
               from file in (string[])["ConnectionState.Client.dll", "ConnectionState.Client.pdb", "ConnectionState.Protos.dll"]
               let built = Path.Combine(path, "src/ConnectionState.Client/bin/Release", framework, file)
               select $"{framework}/{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(built)))}",
        ];
    }

    private static async Task<string> RunAsync(string workingDirectory, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
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

        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}:\n{await output}{await errors}");
        return await output;
    }
}
