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

    /// <summary>Print what is wrong with an argument and exit.</summary>
    public sealed record Invalid(string Message) : CommandLine;

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

        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!IsOption(argument))
            {
                return new Invalid($"'{argument}' is not an option. {Suggest(argument)}");
            }

            if (argument.Contains('='))
            {
                continue;
            }

            // "--Section:Option value": the next argument is the value.
            i++;
            if (i == arguments.Count || IsOption(arguments[i]))
            {
                return new Invalid($"The option {argument} has no value. Use {argument}=VALUE.");
            }
        }

        return new Run();
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
