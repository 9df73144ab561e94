namespace ConnectionStateService.Store;

/// <summary>
/// A complete store. Stores implement this interface; everything else depends on the parts that it needs. Any method may throw
/// <see cref="StoreUnavailableException"/>.
/// </summary>
internal interface IConnectionStore
    : IStoreLifecycle, IStoreClock, IMerchantRecords, IMerchantHistory, IFeed, IFleetIndex, IFeedConsumers, IPageIndex, IAccountIndex, IPageRegister, IDeadlineQueue, IClaimQueue, IFleetMembership, ITokenStore;
