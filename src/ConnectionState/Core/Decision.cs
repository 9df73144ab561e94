using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>What a command leads to. Closed: the nested records are all there are.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Store <paramref name="Record"/> and append <paramref name="Changes"/> as one commit.</summary>
    /// <param name="Record">The record as it is from now on.</param>
    /// <param name="Changes">What changed, in order; at least one entry.</param>
    /// <param name="Claim">The page that other merchants must now give up, if there is one; stored with the commit.</param>
    public sealed record Changed(MerchantRecord Record, ImmutableArray<Change> Changes, Claim? Claim) : Decision;

    /// <summary>Nothing to do: answer from <paramref name="Record"/>, store nothing.</summary>
    /// <param name="Record">The record as it is.</param>
    /// <param name="Reason">Why there is nothing to do.</param>
    public sealed record Unchanged(MerchantRecord Record, UnchangedReason Reason) : Decision;

    /// <summary>The request was carried out before: answer as then, store nothing.</summary>
    public sealed record Repeated(MerchantRecord Record, RememberedRequest Request) : Decision;

    /// <summary>Turned down; store nothing.</summary>
    public sealed record Refused(Fault Fault) : Decision;
}

/// <summary>Why a command changed nothing.</summary>
public enum UnchangedReason
{
    /// <summary>All is as the command would have it.</summary>
    AlreadySo,

    /// <summary>A signal about a grant that is no more.</summary>
    Stale,
}
