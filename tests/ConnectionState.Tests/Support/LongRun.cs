namespace ConnectionStateService.Tests.Support;

/// <summary>Whether this is <c>./test.sh long</c>, which runs the same tests with more rounds, seeds and load.</summary>
internal static class LongRun
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("CONNECTIONSTATE_LONG_RUN") == "1";

    /// <summary>Returns <paramref name="all"/> in a long run, otherwise <paramref name="usual"/>.</summary>
    public static int Of(int all, int usual) => IsOn ? all : usual;
}
