using System.Text;

namespace ConnectionStateService.Client;

/// <summary>Shortens a provider's error message: the server looks for known texts in it, and does not store it.</summary>
internal static class ProviderMessage
{
    private const int MaxLength = 2_000;

    /// <summary>Returns the first 2,000 characters, with spaces for control characters and line breaks.</summary>
    public static string Clean(string message)
    {
        var clean = new StringBuilder(Math.Min(message.Length, MaxLength));
        foreach (var rune in message.EnumerateRunes().Take(MaxLength))
        {
            clean.Append((IsPrintable(rune) ? rune : new Rune(' ')).ToString());
        }

        return clean.ToString();
    }

    // U+FFFD is what broken surrogate pairs are read as.
    private static bool IsPrintable(Rune rune) =>
        !Rune.IsControl(rune) && rune != Rune.ReplacementChar && rune.Value is not (0x2028 or 0x2029);
}
