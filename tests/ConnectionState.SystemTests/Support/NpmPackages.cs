using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>npm packages of the browser tests; ./test.sh installs them.</summary>
internal static class NpmPackages
{
    public static readonly string Folder = Repository.PathOf("tests/ConnectionState.SystemTests/Web");

    public static string PathOf(string file) => Path.Combine(Folder, "node_modules", file);

    public static void AssertInstalled() => Assert.True(
        File.Exists(PathOf("axe-core/axe.min.js")),
        $"Packages are missing: sudo apt-get install -y nodejs npm && npm ci --prefix {Folder}");
}
