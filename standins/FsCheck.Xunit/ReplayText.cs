using System.Globalization;
using Microsoft.FSharp.Core;

namespace FsCheck.Xunit;

/// <summary>A seed as FsCheck prints it: "seed,gamma" or "seed,gamma,size", with or without parentheses.</summary>
internal static class ReplayText
{
    /// <exception cref="FormatException">The text is neither of these.</exception>
    public static FSharpOption<Replay> Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries).Select(part => part.Trim('(', ')')).ToArray();
        if (parts.Length is not (2 or 3))
        {
            throw new FormatException($"Replay is \"{text}\"; it should be \"seed,gamma\" or \"seed,gamma,size\".");
        }

        var seed = new Rnd(ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture));
        var size = parts.Length == 3
            ? FSharpOption<int>.Some(int.Parse(parts[2], CultureInfo.InvariantCulture))
            : FSharpOption<int>.None;
        return FSharpOption<Replay>.Some(new(seed, size));
    }
}
