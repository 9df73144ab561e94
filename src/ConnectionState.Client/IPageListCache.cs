using System.Diagnostics.CodeAnalysis;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>
/// Page lists in memory, kept current by watches. Implemented by <see cref="PageListCache"/>, and by <c>FakeConnectionState</c> of
/// ConnectionState.Client.Testing for unit tests.
/// </summary>
public interface IPageListCache
{
    /// <summary>
    /// Returns the merchant's page list from memory, without waiting. The first call for a merchant starts the watch and usually returns
    /// false: call the server then, or wait with <see cref="WaitForAsync"/>.
    /// </summary>
    /// <param name="merchantId">The merchant: 1 to 64 of A-Z a-z 0-9 . _ : -</param>
    /// <param name="found">The page list, and how current it is.</param>
    /// <returns>
    /// False if no list is known: the watch has just started, the merchant cannot be watched (see the log), or the cache is full and found
    /// no idle merchant to replace.
    /// </returns>
    /// <exception cref="ArgumentException">The merchant id is not valid; the server would reject it.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    bool TryGet(string merchantId, [NotNullWhen(true)] out CachedPageList? found);

    /// <summary>
    /// Waits until a merchant's live page list satisfies a condition, for example after a change that another service made. Waits without
    /// a time limit unless the token ends it.
    /// </summary>
    /// <param name="merchantId">The merchant: 1 to 64 of A-Z a-z 0-9 . _ : -</param>
    /// <param name="predicate">The condition. It is evaluated with every update, so it must be fast, and it must not use the cache.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The merchant id is not valid.</exception>
    /// <exception cref="RpcException">The merchant cannot be watched, for example PERMISSION_DENIED.</exception>
    /// <exception cref="InvalidOperationException">Callers are waiting for every merchant in the full cache.</exception>
    /// <exception cref="OperationCanceledException">The token ended the wait, or the merchant was removed from the cache.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    Task<CachedPageList> WaitForAsync(string merchantId, Func<PageList, bool> predicate, CancellationToken cancellationToken = default);

    /// <summary>Stops watching a merchant. Callers that wait for it get an <see cref="OperationCanceledException"/>.</summary>
    /// <returns>False if the merchant was not in the cache.</returns>
    bool Forget(string merchantId);
}
