using System.Security.Cryptography;
using System.Text;

namespace ConnectionStateService.Tests.Support;

/// <summary>The pictures of the console in docs/screens, and the console that each was taken of.</summary>
internal static class ConsolePictures
{
    private const string Console = "src/ConnectionState/wwwroot";
    private const string Record = "docs/screens/console.sha256";

    /// <summary>How an old picture is renewed.</summary>
    public const string Renewal = "UPDATE_DOCS=1 dotnet test tests/ConnectionState.SystemTests --filter ScreenTests";

    /// <summary>The names of the pictures that are there.</summary>
    public static IEnumerable<string> Names =>
        Directory.GetFiles(Repository.PathOf("docs/screens"), "*.png").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>For each picture, the digest of the console that it was taken of.</summary>
    public static IReadOnlyDictionary<string, string> TakenOf() => !File.Exists(Repository.PathOf(Record))
        ? new Dictionary<string, string>()
        : File.ReadLines(Repository.PathOf(Record)).Select(line => line.Split("  ")).ToDictionary(parts => parts[1], parts => parts[0]);

    /// <summary>The digest of the console as it is built: of every file's name and content.</summary>
    public static string DigestOfConsole()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var root = Repository.PathOf(Console);
        foreach (var name in Directory.GetFiles(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/')).Order(StringComparer.Ordinal))
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"{name}\n"));
            digest.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(root, name))));
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    /// <summary>Puts a picture in its place, and notes that it is of the console as it is built.</summary>
    public static void Renew(string name, byte[] picture)
    {
        File.WriteAllBytes(Repository.PathOf($"docs/screens/{name}"), picture);
        var taken = new SortedDictionary<string, string>(TakenOf().ToDictionary(), StringComparer.Ordinal) { [name] = DigestOfConsole() };
        File.WriteAllText(Repository.PathOf(Record), string.Concat(taken.Select(line => $"{line.Value}  {line.Key}\n")));
    }
}
