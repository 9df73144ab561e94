using System.Buffers;

namespace ConnectionStateService.Core;

/// <summary>The digits of ids that are stored as 16 bytes.</summary>
internal static class LowerCaseHex
{
    public static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");
}
