namespace ConnectionStateService.Client;

internal static class MerchantId
{
    private const int MaxLength = 64;

    /// <summary>Throws if the server would reject the id; a watch would only report it in the log.</summary>
    /// <exception cref="ArgumentException">The id is not valid.</exception>
    public static void ThrowIfInvalid(string merchantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        if (merchantId.Length > MaxLength || !merchantId.All(IsAllowed))
        {
            throw new ArgumentException(
                $"'{merchantId}' is not a merchant id: it must be 1 to {MaxLength} of A-Z a-z 0-9 . _ : -", nameof(merchantId));
        }
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-';
}
