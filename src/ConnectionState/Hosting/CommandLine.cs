namespace ConnectionStateService.Hosting;

/// <summary>What the command line asks the program to do. Closed: the nested records are all there are.</summary>
internal abstract record CommandLine
{
    private const string BackupCommand = "backup";
    private const string ExportCommand = "export";
    private const string ImportCommand = "import";
    private const string CheckConfigOption = "--check-config";
    private const string DryRunOption = "--dry-run";

    private CommandLine()
    {
    }

    /// <summary>Start the service.</summary>
    public sealed record Run(IReadOnlyList<string> Options) : WithOptions(Options);

    /// <summary>Check the configuration and the store, and exit.</summary>
    public sealed record CheckConfig(IReadOnlyList<string> Options) : WithOptions(Options);

    /// <summary>Copy the embedded store to a file, and exit.</summary>
    public sealed record Backup(string Path, IReadOnlyList<string> Options) : WithOptions(Options);

    /// <summary>Write all merchants of the store to a file, and exit.</summary>
    public sealed record Export(string Path, IReadOnlyList<string> Options) : WithOptions(Options);

    /// <summary>Store the merchants of an export, and exit.</summary>
    public sealed record Import(string Path, bool IsDryRun, IReadOnlyList<string> Options) : WithOptions(Options);

    /// <summary>A command that reads the configuration. The options have the form that .NET reads.</summary>
    public abstract record WithOptions(IReadOnlyList<string> Options) : CommandLine;

    /// <summary>Print the usage and exit.</summary>
    public sealed record ShowHelp : CommandLine;

    /// <summary>Print the version and exit.</summary>
    public sealed record ShowVersion : CommandLine;

    /// <summary>Print what is wrong, one message for each invalid argument, and exit.</summary>
    public sealed record Invalid(IReadOnlyList<string> Messages) : CommandLine;

    /// <summary>Reads the arguments: a command, and options. Options are <c>--Section:Option=value</c> or <c>--Section:Option value</c>.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            return new ShowHelp();
        }

        if (arguments.Contains("--version"))
        {
            return new ShowVersion();
        }

        var isCheck = arguments.Contains(CheckConfigOption);
        if (arguments is [BackupCommand or ExportCommand or ImportCommand, ..])
        {
            return ParseCommand(arguments[0], [.. arguments.Skip(1)], isCheck);
        }

        string[] options = [.. arguments.Where(argument => argument != CheckConfigOption)];
        string[] errors = [.. FindErrors(options)];
        return errors.Length > 0 ? new Invalid(errors) : isCheck ? new CheckConfig(options) : new Run(options);
    }

    // A command with the path of a file.
    private static CommandLine ParseCommand(string command, string[] arguments, bool isCheck)
    {
        // "-" is the standard output.
        var hasPath = arguments is [var first, ..] && (!first.StartsWith('-') || (first == "-" && command == ExportCommand));
        var isDryRun = command == ImportCommand && arguments.Contains(DryRunOption);
        string[] options =
        [
            .. arguments.Skip(hasPath ? 1 : 0).Where(argument => argument != CheckConfigOption && !(isDryRun && argument == DryRunOption)),
        ];
        List<string> errors = [.. FindErrors(options)];
        if (!hasPath)
        {
            errors.Insert(0, $"The command {command} needs the path of the file to {(command == ImportCommand ? "read" : "write")}. Use {command} PATH.");
        }

        if (isCheck)
        {
            errors.Add($"{CheckConfigOption} and {command} are two commands. Use one of them.");
        }

        return errors.Count > 0 ? new Invalid(errors) : command switch
        {
            ExportCommand => new Export(arguments[0], options),
            ImportCommand => new Import(arguments[0], isDryRun, options),
            _ => new Backup(arguments[0], options),
        };
    }

    private static IEnumerable<string> FindErrors(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            if (!IsOption(argument))
            {
                yield return $"'{argument}' is not an option. {Suggest(argument)}";
            }
            else if (!argument.Contains('='))
            {
                // "--Section:Option value": the next argument is the value.
                if (i + 1 == arguments.Length || IsOption(arguments[i + 1]))
                {
                    yield return $"The option {argument} has no value. Use {argument}=VALUE.";
                }
                else
                {
                    i++;
                }
            }
        }
    }

    private static bool IsOption(string argument) =>
        argument.Length > 2 && argument.StartsWith("--", StringComparison.Ordinal) && argument[2] is not ('-' or '=');

    private static string Suggest(string argument)
    {
        var name = argument.TrimStart('-', '/');
        return name.Contains(':') && name.IndexOf('=') > 0
            ? $"Did you mean --{name}?"
            : "Options look like --Store:Path=data/connectionstate.db; --help lists the most common ones.";
    }
}
