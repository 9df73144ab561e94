namespace ConnectionStateService.Core;

/// <summary>The revisions from one to another, both included; none by default.</summary>
/// <param name="From">The first revision. The history must be kept from here on.</param>
/// <param name="To">The last revision: that of the newest remembered request.</param>
public readonly record struct RequestSpan(long From, long To)
{
    /// <summary>Whether there is no revision.</summary>
    public bool IsEmpty => To == 0;

    /// <summary>Returns the part from <paramref name="revision"/> on.</summary>
    public RequestSpan Since(long revision) => To < revision ? default : this with { From = Math.Max(From, revision) };
}
