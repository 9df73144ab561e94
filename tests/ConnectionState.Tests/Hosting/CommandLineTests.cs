using ConnectionStateService.Hosting;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>CommandLine: what the arguments ask the program to do.</summary>
public sealed class CommandLineTests
{
    private const string OptionsLook = "Options look like --Store:Path=data/connectionstate.db; --help lists the most common ones.";

    [Theory]
    [InlineData()]
    [InlineData("--Store:Path=a b.db", "--Listen:GrpcPort=0")]
    [InlineData("--Listen:GrpcPort", "0", "--environment", "Development")]
    [InlineData("--Rules:SufficientTasks:0=")]
    [InlineData("--Timer:Interval", "-1")]
    public void Options_start_the_service(params string[] arguments) => Assert.IsType<CommandLine.Run>(CommandLine.Parse(arguments));

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--Store:Path=a.db", "-?")]
    public void Help_anywhere_shows_the_usage(params string[] arguments) => Assert.IsType<CommandLine.ShowHelp>(CommandLine.Parse(arguments));

    [Fact]
    public void Version_shows_the_version() => Assert.IsType<CommandLine.ShowVersion>(CommandLine.Parse(["--version"]));

    [Theory]
    [InlineData("foo", $"'foo' is not an option. {OptionsLook}")]
    [InlineData("-x", $"'-x' is not an option. {OptionsLook}")]
    [InlineData("--", $"'--' is not an option. {OptionsLook}")]
    [InlineData("--=1", $"'--=1' is not an option. {OptionsLook}")]
    [InlineData("-Listen:GrpcPort=1", "'-Listen:GrpcPort=1' is not an option. Did you mean --Listen:GrpcPort=1?")]
    [InlineData("Listen:GrpcPort=1", "'Listen:GrpcPort=1' is not an option. Did you mean --Listen:GrpcPort=1?")]
    [InlineData("/Listen:GrpcPort=1", "'/Listen:GrpcPort=1' is not an option. Did you mean --Listen:GrpcPort=1?")]
    [InlineData("--Listen:GrpcPort", "The option --Listen:GrpcPort has no value. Use --Listen:GrpcPort=VALUE.")]
    public void An_argument_that_is_not_an_option_is_invalid(string argument, string message) =>
        Assert.Equal([message], ParseInvalid("--Store:Path=a.db", argument));

    [Fact]
    public void All_invalid_arguments_are_named() => Assert.Equal(
        [
            $"'foo' is not an option. {OptionsLook}",
            "The option --Listen:GrpcPort has no value. Use --Listen:GrpcPort=VALUE.",
            $"'bar' is not an option. {OptionsLook}",
        ],
        ParseInvalid("foo", "--Listen:GrpcPort", "--Listen:HttpPort=70000", "bar"));

    [Theory]
    [InlineData("--check-config")]
    [InlineData("--check-config", "--Store:Path=a.db")]
    [InlineData("--Store:Path", "a.db", "--check-config")]
    public void Check_config_is_no_option_of_the_service(params string[] arguments) => Assert.Equal(
        arguments.Where(argument => argument != "--check-config"), Assert.IsType<CommandLine.CheckConfig>(CommandLine.Parse(arguments)).Options);

    [Fact]
    public void Backup_has_a_path_and_options()
    {
        var backup = Assert.IsType<CommandLine.Backup>(CommandLine.Parse(["backup", "/backup/cs.db", "--Store:Path=a.db"]));

        Assert.Equal(("/backup/cs.db", "--Store:Path=a.db"), (backup.Path, Assert.Single(backup.Options)));
    }

    [Theory]
    [InlineData("The command backup needs the path of the file to write. Use backup PATH.", "backup")]
    [InlineData("The command backup needs the path of the file to write. Use backup PATH.", "backup", "--Store:Path=a.db")]
    [InlineData($"'b.db' is not an option. {OptionsLook}", "backup", "a.db", "b.db")]
    [InlineData("--check-config and backup are two commands. Use one of them.", "backup", "a.db", "--check-config")]
    public void An_incomplete_backup_is_invalid(string message, params string[] arguments) =>
        Assert.Equal([message], Assert.IsType<CommandLine.Invalid>(CommandLine.Parse(arguments)).Messages);

    private static IReadOnlyList<string> ParseInvalid(params string[] arguments) =>
        Assert.IsType<CommandLine.Invalid>(CommandLine.Parse(arguments)).Messages;
}
