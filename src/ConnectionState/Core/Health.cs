using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Whether a connected page is known to work. The numbers are used in the API and in the store.</summary>
public enum Health
{
    /// <summary>Nothing speaks against the page.</summary>
    Ok = 1,

    /// <summary>Soft signals say that the page may be lost.</summary>
    Suspect = 2,
}

/// <summary>The soft signals of one meaning that speak against a page.</summary>
/// <param name="Signal">What they say.</param>
/// <param name="Count">How many were counted. It stops one short of the number that makes a loss, until they span the period.</param>
/// <param name="FirstObservedAt">When the first was observed.</param>
/// <param name="LastObservedAt">When the last that was counted was observed. Earlier observations that arrive later are not counted.</param>
public sealed record SoftSignals(Signal Signal, int Count, DateTimeOffset FirstObservedAt, DateTimeOffset LastObservedAt);

/// <summary>Why a connected page is suspect.</summary>
/// <param name="Since">When the page became suspect.</param>
/// <param name="Signals">What speaks against it, by meaning.</param>
/// <param name="Evidence">The newest evidence that was counted.</param>
public sealed record Suspicion(DateTimeOffset Since, ImmutableArray<SoftSignals> Signals, Evidence Evidence);
