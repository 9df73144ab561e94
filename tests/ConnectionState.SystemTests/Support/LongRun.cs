namespace ConnectionStateService.SystemTests.Support;

/// <summary>Whether these are the long runs of <c>./test.sh long</c>: the same tests, with more of everything.</summary>
internal static class LongRun
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("CONNECTIONSTATE_LONG_RUN") == "1";

    /// <summary>How much of something: a little as a rule, all of it in a long run.</summary>
    public static int Of(int all, int usual) => IsOn ? all : usual;
}
