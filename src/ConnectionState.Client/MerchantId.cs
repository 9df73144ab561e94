using System.Diagnostics.CodeAnalysis;

namespace ConnectionStateService.Client;

internal static class MerchantId
{
    private const int MaxLength = 64;

    /// <summary>Throws if the server would reject the id; a watch would only report it in the log.</summary>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    public static void ThrowIfInvalid(string merchantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        if (!IsValid(merchantId))
        {
            throw new ArgumentException(
                $"'{merchantId}' is not a merchant id: it must be 1 to {MaxLength} of A-Z a-z 0-9 . _ : -", nameof(merchantId));
        }
    }

    /// <summary>Whether the server accepts the text as an id, of a merchant or of a page.</summary>
    public static bool IsValid([NotNullWhen(true)] string? id) => id is { Length: > 0 and <= MaxLength } && id.All(IsAllowed);

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-';
}
