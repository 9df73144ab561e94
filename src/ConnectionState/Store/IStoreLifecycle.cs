namespace ConnectionStateService.Store;

/// <summary>Opens and checks a store.</summary>
internal interface IStoreLifecycle
{
    /// <summary>The kind of store, its location and its durability guarantee, for the start log.</summary>
    string Description { get; }

    /// <summary>Opens the store. Called once, before any other method.</summary>
    /// <exception cref="StoreUnusableException">The store cannot be used as it is configured.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Checks whether the store can read and commit now. It waits for the store: pass a token that times out.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot serve requests now.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
