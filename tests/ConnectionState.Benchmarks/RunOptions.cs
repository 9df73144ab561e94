namespace ConnectionStateService.Benchmarks;

/// <summary>The command line.</summary>
/// <param name="Sections">What to run.</param>
/// <param name="Quick">Whether to measure shorter and with fewer merchants.</param>
/// <param name="ServerPath">ConnectionState.dll.</param>
/// <param name="OutputPath">The JSON file that the results are merged into.</param>
/// <param name="Merchants">The number of merchants in the sections that have many, or null for the section's own number.</param>
/// <param name="OtherServerPath">ConnectionState.dll of the build to compare with, or null.</param>
internal sealed record RunOptions(
    IReadOnlyList<Section> Sections, bool Quick, string ServerPath, string OutputPath, int? Merchants = null, string? OtherServerPath = null)
{
    /// <summary>How to call the program.</summary>
    public static string Usage => $"""
        Usage: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- NAME... [--quick] [--server PATH] [--other PATH] [--out FILE] [--merchants N]

               or: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- micro [--check | --write]

          all                   every section below
        {string.Join('\n', Section.All.Select(section => $"  {section.Name,-21} {section.Description}"))}

          --quick               shorter, and with fewer merchants: to see that it works, not for figures that count
          --server PATH         ConnectionState.dll of another build
          --other PATH          ConnectionState.dll of the build that builds compares with
          --out FILE            JSON file to merge the results into; the default is {Output(quick: false)}, or
                                {Output(quick: true)} with --quick
          --merchants N         number of merchants of redis-memory, many-merchants, drain and feed-snapshot
          micro                 time and allocation of decide, encode, decode and map; --check compares the allocations with the
                                committed ones, --write replaces those

        Needs redis-server, etcd and PostgreSQL: tests/ConnectionState.Benchmarks/install-peers.sh installs them.
        """;

    public static string Repository => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    /// <summary>Returns the options, or null if the command line is invalid.</summary>
    public static RunOptions? Parse(string[] args)
    {
        var names = new List<string>();
        var options = new RunOptions([], args.Contains("--quick"), BuiltServer(), "");
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    break;
                case "--server" when i + 1 < args.Length:
                    options = options with { ServerPath = Path.GetFullPath(args[++i]) };
                    break;
                case "--other" when i + 1 < args.Length:
                    options = options with { OtherServerPath = Path.GetFullPath(args[++i]) };
                    break;
                case "--out" when i + 1 < args.Length:
                    options = options with { OutputPath = Path.GetFullPath(args[++i]) };
                    break;
                case "--merchants" when i + 1 < args.Length && int.TryParse(args[i + 1], out var merchants):
                    options = options with { Merchants = merchants };
                    i++;
                    break;
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        var sections = Section.All.Where(section => names.Contains("all") || names.Contains(section.Name))
            .Where(section => !section.NeedsOther || options.OtherServerPath is not null).ToList();
        var known = names.All(name => name == "all" || sections.Any(section => section.Name == name));
        if (!known || sections.Count == 0)
        {
            return null;
        }

        var output = options.OutputPath.Length > 0 ? options.OutputPath : Path.Combine(Repository, Output(options.Quick));
        return options with { Sections = sections, OutputPath = output };
    }

    private static string Output(bool quick) => quick ? "artifacts/benchmarks-quick.json" : "docs/benchmarks/latest.json";

    // The server that was built with the benchmarks.
    private static string BuiltServer()
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        return Path.Combine(Repository, $"src/ConnectionState/bin/{configuration}/net10.0/ConnectionState.dll");
    }
}
