namespace ConnectionStateService.Core;

/// <summary>One merchant's relation to one page. Its key is (merchant, provider, page id).</summary>
public sealed record Connection
{
    /// <summary>The page.</summary>
    public required PageRef Page { get; init; }

    /// <summary>The page's name as last reported by the provider.</summary>
    public required string PageName { get; init; }

    /// <summary>The current state.</summary>
    public required State State { get; init; }

    /// <summary>Why the connection is in its current state.</summary>
    public Cause Cause { get; init; }

    /// <summary>The id of the provider account whose grant the connection uses.</summary>
    public required string AccountId { get; init; }

    /// <summary>When the connection entered its current state. Renewing a connected page does not change it.</summary>
    public required DateTimeOffset StateSince { get; init; }

    /// <summary>When the current grant was last requested, given or renewed. Signals observed earlier are stale.</summary>
    public required DateTimeOffset GrantSince { get; init; }

    /// <summary>When the provider last granted the connection, or null while it is pending. Renewing does not change it.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>When the token expires, or null if it has no known expiry.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the expiry warning was given.</summary>
    public bool ExpiresSoon { get; init; }

    /// <summary>Whether the merchant acknowledged that the connection is lost.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>The revision that last changed this connection.</summary>
    public required long Revision { get; init; }

    /// <summary>The position in the page list, ascending. Kept after the connection leaves the list, to find the next page.</summary>
    public required long Order { get; init; }

    /// <summary>The connect session that waits for the provider's answer, or null unless the connection is pending.</summary>
    public string? SessionId { get; init; }

    /// <summary>Whether the connection takes one of the merchant's slots.</summary>
    public bool HoldsSlot => State is State.Pending or State.Connected or State.Expired or State.Revoked;

    /// <summary>Whether the connection stopped working without the merchant asking for it.</summary>
    public bool IsLost => State is State.Expired or State.Revoked or State.Deleted
        || (State is State.Disconnected && Cause is Cause.SignedInElsewhere);

    /// <summary>Whether the connection is in the page list. A connection that has left the list is a tombstone.</summary>
    public bool IsListed => HoldsSlot || (IsLost && !Acknowledged);
}
