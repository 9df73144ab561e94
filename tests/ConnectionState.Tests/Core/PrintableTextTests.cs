using System.Text;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>Which texts are stored and shown.</summary>
public class PrintableTextTests
{
    [Theory]
    [InlineData('a', true)]
    [InlineData(' ', true)]
    [InlineData('ữ', true)]
    [InlineData('\u00A0', true)]
    [InlineData('\0', false)]
    [InlineData('\n', false)]
    [InlineData('\u007F', false)]
    [InlineData('\u0085', false)]
    [InlineData('\u2028', false)]
    [InlineData('\u2029', false)]
    [InlineData('\uFFFD', false)]
    public void Control_characters_separators_of_lines_and_replacement_characters_are_not_printable(char character, bool printable)
    {
        Assert.Equal(printable, PrintableText.IsPrintable(new Rune(character)));
        Assert.Equal(printable, PrintableText.IsAtMost($"a{character}b", 3));
    }

    [Theory]
    [InlineData("", 0, true)]
    [InlineData("", 3, true)]
    [InlineData("abc", 3, true)]
    [InlineData("abcd", 3, false)]
    [InlineData("abcdefg", 3, false)]
    [InlineData("😀😀😀", 3, true)]
    [InlineData("😀😀😀", 2, false)]
    [InlineData("😀😀a", 2, false)]
    public void The_length_is_counted_in_code_points(string text, int maxLength, bool fits) =>
        Assert.Equal(fits, PrintableText.IsAtMost(text, maxLength));

    [Theory]
    [InlineData("a\uD83D")]
    [InlineData("\uDE00a")]
    public void Half_a_surrogate_pair_is_not_printable(string text) => Assert.False(PrintableText.IsAtMost(text, 3));
}
