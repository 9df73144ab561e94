namespace ConnectionStateService.Core;

/// <summary>Names a page across all merchants.</summary>
/// <param name="Provider">Who runs the page.</param>
/// <param name="PageId">The provider's id of the page.</param>
public readonly record struct PageRef(Provider Provider, string PageId)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Provider}:{PageId}";
}
