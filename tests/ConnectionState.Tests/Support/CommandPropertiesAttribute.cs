using System.Globalization;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Runs the properties of a class on 1,000 sequences of up to 120 commands each. A failure prints the seed that repeats it, to be set
/// as <c>[Property(Replay = "...")]</c>. Mutation tests set CONNECTIONSTATE_PROPERTY_CASES to a smaller number of sequences.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CommandPropertiesAttribute : PropertiesAttribute
{
    public CommandPropertiesAttribute()
    {
        MaxTest = int.Parse(
            Environment.GetEnvironmentVariable("CONNECTIONSTATE_PROPERTY_CASES") ?? "1000", CultureInfo.InvariantCulture);
        StartSize = CommandGenerator.MaxCommands;
        EndSize = CommandGenerator.MaxCommands;
    }
}
