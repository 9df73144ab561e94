namespace ConnectionStateService.Core;

/// <summary>Identifies a page across all merchants.</summary>
/// <param name="Provider">The provider that hosts the page.</param>
/// <param name="PageId">The provider's id of the page.</param>
public readonly record struct PageRef(Provider Provider, string PageId)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Provider}:{PageId}";
}
