namespace ConnectionStateService.Merchants;

/// <summary>
/// Runs the same operation for many merchants or pages. Several run at the same time, so that the store can commit them together; a bound keeps one
/// call from delaying all others.
/// </summary>
internal static class FanOut
{
    private const int Parallelism = 32;

    /// <summary>Runs the operation for each item and returns the results in the order of the items.</summary>
    /// <remarks>After a failure no further operations begin, those that run are cancelled, and the failure is thrown.</remarks>
    public static async Task<TResult[]> RunAsync<T, TResult>(
        IReadOnlyList<T> items, Func<T, CancellationToken, Task<TResult>> operation, CancellationToken cancellationToken)
    {
        var results = new TResult[items.Count];
        var bound = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, results.Length, bound, async (n, token) => results[n] = await operation(items[n], token));
        return results;
    }
}
