using System.Reflection;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace FsCheck.Xunit;

/// <summary>Hands one property to FsCheck and judges what comes back.</summary>
internal static class PropertyRun
{
    /// <exception cref="PropertyFailedException">The property does not hold, or too many cases were rejected.</exception>
    public static void Check(MethodInfo method, object? instance, ITestOutputHelper output)
    {
        var runner = new ResultRunner(output);
        var config = PropertyConfig.For(method).WithRunner(runner);
        var target = instance is null ? FSharpOption<object>.None : FSharpOption<object>.Some(instance);

        FsCheck.Check.Method(config, method, target);

        var result = runner.Result ?? throw new PropertyFailedException("FsCheck came to no result.");
        if (!result.IsPassed)
        {
            throw new PropertyFailedException(Environment.NewLine + Runner.onFinishedToString("", result));
        }

        if (!config.QuietOnSuccess)
        {
            output.WriteLine(Runner.onFinishedToString("", result));
        }
    }
}
