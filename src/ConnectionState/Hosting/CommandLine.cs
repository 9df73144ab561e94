namespace ConnectionStateService.Hosting;

/// <summary>What the command line asks the program to do. Closed: the nested records are all there are.</summary>
internal abstract record CommandLine
{
    private CommandLine()
    {
    }

    /// <summary>Start the service; the arguments are options.</summary>
    public sealed record Run : CommandLine;

    /// <summary>Print the usage and exit.</summary>
    public sealed record ShowHelp : CommandLine;

    /// <summary>Print the version and exit.</summary>
    public sealed record ShowVersion : CommandLine;

    /// <summary>Print what is wrong, one message for each invalid argument, and exit.</summary>
    public sealed record Invalid(IReadOnlyList<string> Messages) : CommandLine;

    /// <summary>Reads the arguments. Options are <c>--Section:Option=value</c> or <c>--Section:Option value</c>.</summary>
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

        string[] errors = [.. FindErrors(arguments)];
        return errors.Length == 0 ? new Run() : new Invalid(errors);
    }

    private static IEnumerable<string> FindErrors(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!IsOption(argument))
            {
                yield return $"'{argument}' is not an option. {Suggest(argument)}";
            }
            else if (!argument.Contains('='))
            {
                // "--Section:Option value": the next argument is the value.
                if (i + 1 == arguments.Count || IsOption(arguments[i + 1]))
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
