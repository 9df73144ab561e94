using System.Globalization;
using System.Text;

namespace ConnectionStateService.Core;

/// <summary>Which texts of callers are stored and shown.</summary>
internal static class PrintableText
{
    /// <summary>Whether a character is allowed.</summary>
    public static bool IsPrintable(Rune rune) => !Rune.IsControl(rune)
        && rune != Rune.ReplacementChar // What broken surrogate pairs are decoded as.
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    /// <summary>Whether a text is printable and has at most a number of code points.</summary>
    public static bool IsAtMost(string text, int maxLength)
    {
        if (text.Length > 2 * maxLength)
        {
            return false;
        }

        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length++;
            if (!IsPrintable(rune))
            {
                return false;
            }
        }

        return length <= maxLength;
    }
}
