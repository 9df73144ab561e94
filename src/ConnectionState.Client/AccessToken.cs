namespace ConnectionStateService.Client;

/// <summary>A token that authenticates calls: a JWT, a merchant token or an API key.</summary>
public sealed class AccessToken
{
    /// <summary>Creates a token.</summary>
    /// <param name="value">The token as it is sent after <c>Bearer</c>.</param>
    /// <param name="expiresAt">
    /// When the token expires, or null if it does not. With an expiry, the client gets the next token after 80 % of the remaining time; without
    /// one, it gets the next token once the server refuses this one.
    /// </param>
    /// <exception cref="ArgumentException">The value is empty, or has spaces or characters that are not ASCII.</exception>
    public AccessToken(string value, DateTimeOffset? expiresAt = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        if (!IsValid(value))
        {
            throw new ArgumentException("A token must be ASCII without spaces and line breaks.", nameof(value));
        }

        (Value, ExpiresAt) = (value, expiresAt);
    }

    /// <summary>The token. Keep it out of logs.</summary>
    public string Value { get; }

    /// <summary>When the token expires, or null if it does not.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Says when the token expires. Does not contain the token.</summary>
    public override string ToString() => ExpiresAt is { } at ? $"AccessToken (expires {at:u})" : "AccessToken (does not expire)";

    internal static bool IsValid(string value) => value.All(c => c is > ' ' and <= '~');
}
