namespace ConnectionStateService.Core;

/// <summary>One merchant's relation to one page; its key is (merchant, provider, page id).</summary>
public sealed record Connection
{
    /// <summary>The page.</summary>
    public required PageRef Page { get; init; }

    /// <summary>The page's name as the provider last told it.</summary>
    public required string PageName { get; init; }

    /// <summary>Where the connection stands.</summary>
    public required State State { get; init; }

    /// <summary>Why it stands there.</summary>
    public Cause Cause { get; init; }

    /// <summary>The provider account whose grant the connection uses.</summary>
    public required string AccountId { get; init; }

    /// <summary>Since when it is in its state. Renewing a connected page does not move it.</summary>
    public required DateTimeOffset StateSince { get; init; }

    /// <summary>
    /// When the present grant was requested, given or renewed, whichever came last. A signal observed earlier is about a grant
    /// that is no more.
    /// </summary>
    public required DateTimeOffset GrantSince { get; init; }

    /// <summary>When the provider last granted the connection; none while the answer is pending. Renewing does not move it.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>When the token's lifetime ends; none: never, as far as is known.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The warning before the expiry was given.</summary>
    public bool ExpiresSoon { get; init; }

    /// <summary>The merchant has understood that the connection is lost.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>The revision that last changed this connection.</summary>
    public required long Revision { get; init; }

    /// <summary>The place in the page list: lower comes first. Kept while listed, and afterwards to find the next page.</summary>
    public required long Order { get; init; }

    /// <summary>The connect session that waits for the provider's answer; none unless pending.</summary>
    public string? SessionId { get; init; }

    /// <summary>The connection occupies one of the merchant's slots.</summary>
    public bool HoldsSlot => State is State.Pending or State.Connected or State.Expired or State.Revoked;

    /// <summary>The connection worked once and does not any more, by no wish of the merchant's.</summary>
    public bool IsLost => State is State.Expired or State.Revoked or State.Deleted
        || (State is State.Disconnected && Cause is Cause.SignedInElsewhere);

    /// <summary>The connection is in the page list. What has left it is a tombstone.</summary>
    public bool IsListed => HoldsSlot || (IsLost && !Acknowledged);
}
