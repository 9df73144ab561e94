namespace ConnectionStateService.Store;

/// <summary>The store's clock: the only clock that decides when something is due.</summary>
internal interface IStoreClock
{
    /// <summary>The current time in whole milliseconds. It does not go back by less than <see cref="Core.MonotonicTimeRule.MaxStepBack"/>.</summary>
    ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken);

    /// <summary>Estimates how long ago a time of this clock was. Does not ask the store, so it may be off by milliseconds.</summary>
    TimeSpan EstimateAge(DateTimeOffset time);
}
