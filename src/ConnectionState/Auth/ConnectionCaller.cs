namespace ConnectionStateService.Auth;

/// <summary>
/// The caller of the last token of a connection, a feature of the connection: most send the same token with every call, and hashing it each time would
/// cost more than all other checks.
/// </summary>
/// <remarks>
/// The comparison is not in fixed time, but in blocks of at least 16 characters: who shares the connection and measures it learns something only by
/// guessing a whole block, more than 90 random bits at once.
/// </remarks>
internal sealed class ConnectionCaller
{
    private volatile Entry? last;

    /// <summary>Returns the caller if the last call had the same header, or null.</summary>
    public Caller? Find(string header) => last is { } known && string.Equals(known.Header, header, StringComparison.Ordinal) ? known.Caller : null;

    /// <summary>Keeps the caller of a header, in place of the one before.</summary>
    public void Keep(string header, Caller caller) => last = new Entry(header, caller);

    private sealed record Entry(string Header, Caller Caller);
}
