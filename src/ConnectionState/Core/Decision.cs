using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>The result of a command. Closed: the nested records are all there are.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Store <paramref name="Record"/> and append <paramref name="Changes"/> as one commit.</summary>
    /// <param name="Record">The new record.</param>
    /// <param name="Changes">The changes, in order; at least one.</param>
    /// <param name="Claim">The claim to store with the commit, or null if no page was granted.</param>
    public sealed record Changed(MerchantRecord Record, ImmutableArray<Change> Changes, Claim? Claim) : Decision
    {
        /// <summary>The connect session that the command began, or null if it began none.</summary>
        public string? BegunSessionId { get; init; }
    }

    /// <summary>Answer from <paramref name="Record"/>, store nothing.</summary>
    /// <param name="Record">The record, unchanged.</param>
    /// <param name="Reason">Why the command changes nothing.</param>
    public sealed record Unchanged(MerchantRecord Record, UnchangedReason Reason) : Decision;

    /// <summary>The same request was executed before: answer as the first time, store nothing.</summary>
    public sealed record Repeated(MerchantRecord Record, RememberedRequest Request) : Decision;

    /// <summary>The command is refused; store nothing.</summary>
    public sealed record Refused(Fault Fault) : Decision;
}

/// <summary>Why a command changed nothing.</summary>
public enum UnchangedReason
{
    /// <summary>The record is already as the command requires.</summary>
    AlreadyInEffect,

    /// <summary>The report or renewal is about another grant than the current one, or older than what is known.</summary>
    Stale,
}
