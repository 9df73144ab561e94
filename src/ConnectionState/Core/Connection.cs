namespace ConnectionStateService.Core;

/// <summary>One merchant's relation to one page. Its key is (merchant, provider, page id).</summary>
public sealed record Connection
{
    /// <summary>Fields that a newer version of the service has stored here and this one does not know. They are stored again as they are.</summary>
    public ReadOnlyMemory<byte> NewerFields { get; init; }

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

    /// <summary>The provider account whose grant the connection uses.</summary>
    public AccountRef Account => new(Page.Provider, AccountId);

    /// <summary>When the connection entered its current state. Renewing a connected page does not change it.</summary>
    public required DateTimeOffset StateSince { get; init; }

    /// <summary>The id of the current grant, or 0 if the page was never granted. It changes with every grant and renewal.</summary>
    public ulong GrantId { get; init; }

    /// <summary>When the current grant was given or renewed, or requested while it is pending. Signals observed earlier are stale.</summary>
    public required DateTimeOffset GrantSince { get; init; }

    /// <summary>Whether the merchant had another grant for the page before: calls with its token may still fail for a while.</summary>
    public bool FollowsGrant { get; init; }

    /// <summary>When the provider issued the current token. Renewals issued earlier are stale.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>When the provider last granted the connection, or null if it never did. Renewing does not change it.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>
    /// The id of the grant by which the merchant holds the page, or 0 if it was never granted. Renewing does not
    /// change it. The page's register compares it.
    /// </summary>
    public ulong HoldId { get; init; }

    /// <summary>The hold that was registered for the page when this one was granted, or 0 if there was none.</summary>
    public ulong PreviousHoldId { get; init; }

    /// <summary>
    /// When the token expires, or null if it has no known expiry. A lost connection keeps it, because <see cref="Trigger.Restore"/>
    /// brings the token back; <see cref="KnownExpiry"/> is what callers see.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the expiry warning was given.</summary>
    public bool ExpiresSoon { get; init; }

    /// <summary>Whether the merchant acknowledged that the connection is lost.</summary>
    public bool Acknowledged { get; init; }

    /// <summary>The revision that last changed this connection.</summary>
    public required long Revision { get; init; }

    /// <summary>The position in the page list, ascending. Kept after the connection leaves the list, to find the next page.</summary>
    public required long Order { get; init; }

    /// <summary>Why the page may be lost, or null. Set on connected pages only.</summary>
    public Suspicion? Suspicion { get; init; }

    /// <summary>The report that the loss follows from, or null if the connection is not lost or was not lost by a report.</summary>
    public Evidence? LossEvidence { get; init; }

    /// <summary>When the newest success that ended a suspicion or a loss was observed, or null. Signals observed earlier are stale.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>Whether the page is known to work, or null unless the connection is connected.</summary>
    public Health? Health => State is not State.Connected ? null : Suspicion is null ? Core.Health.Ok : Core.Health.Suspect;

    /// <summary>When the token expires or expired, or null if no expiry is known. Never in the future if the connection is expired.</summary>
    public DateTimeOffset? KnownExpiry => State switch
    {
        State.Connected => ExpiresAt,
        State.Expired => ExpiresAt > StateSince ? StateSince : ExpiresAt,
        _ => null,
    };

    /// <summary>Whether the merchant holds the page: another merchant's grant displaces it.</summary>
    public bool HoldsPage => HoldId != 0 && State is State.Connected or State.Expired or State.Revoked;

    /// <summary>Whether the connection takes one of the merchant's slots.</summary>
    public bool HoldsSlot => State is State.Pending or State.Connected or State.Expired or State.Revoked;

    /// <summary>Whether the connection stopped working without the merchant asking for it.</summary>
    public bool IsLost => State is State.Expired or State.Revoked or State.Deleted
        || (State is State.Disconnected && Cause is Cause.SignedInElsewhere);

    /// <summary>Whether the connection is in the page list. A connection that has left the list is a tombstone.</summary>
    public bool IsListed => HoldsSlot || (IsLost && !Acknowledged);
}
