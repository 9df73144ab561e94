namespace ConnectionStateService.Core;

/// <summary>Identifies a provider account, a person, across all merchants.</summary>
/// <param name="Provider">The provider of the account.</param>
/// <param name="AccountId">The provider's id of the account.</param>
public readonly record struct AccountRef(Provider Provider, string AccountId)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Provider}:{AccountId}";
}
