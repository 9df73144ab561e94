namespace ConnectionStateService.Client;

/// <summary>
/// Decides which successes are reported: the first of each page and grant in an interval, and the first after something spoke against the page.
/// Not thread-safe.
/// </summary>
internal sealed class SuccessSampler(int capacity, TimeSpan interval, TimeProvider clock)
{
    private readonly ExpiringMap<SuccessKey, (long Number, long Revision)> reported = new(capacity, interval, clock);

    // The newest error of each page. Successes that were reported before it do not count.
    private readonly ExpiringMap<PageKey, long> errors = new(capacity, interval, clock);
    private long number;

    /// <summary>Returns a number to report the success under, or null if it is sampled away.</summary>
    /// <param name="key">The page and the grant.</param>
    /// <param name="suspectRevision">
    /// The revision at which the page became suspect or lost, as far as the cache knows; 0 if nothing speaks against it. Each such revision
    /// allows one report.
    /// </param>
    public long? Take(SuccessKey key, long suspectRevision)
    {
        if (reported.TryGet(key, out var last)
            && last.Revision >= suspectRevision
            && !(errors.TryGet(key.Page, out var error) && error > last.Number))
        {
            return null;
        }

        reported.Set(key, (++number, suspectRevision));
        return number;
    }

    /// <summary>The next success of the page is not sampled away.</summary>
    public void NoteError(PageKey page) => errors.Set(page, ++number);

    /// <summary>Forgets a report that did not reach the server, unless there is a newer one.</summary>
    public void Forget(SuccessReport report)
    {
        if (reported.TryGet(report.Key, out var last) && last.Number == report.Number)
        {
            reported.Remove(report.Key);
        }
    }
}
