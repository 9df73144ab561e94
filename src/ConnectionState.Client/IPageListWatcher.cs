using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>
/// Watches page lists. Implemented by <see cref="PageListWatcher"/>, and by <c>FakeConnectionState</c> of ConnectionState.Client.Testing for
/// unit tests.
/// </summary>
public interface IPageListWatcher
{
    /// <summary>
    /// Watches a merchant's page list until the caller stops. The first update arrives when the server is reached or cannot be reached;
    /// from then on every change, every confirmation and every loss of the stream is an update. A slow caller receives the newest list
    /// instead of every change.
    /// </summary>
    /// <param name="merchantId">The merchant: 1 to 64 of A-Z a-z 0-9 . _ : -</param>
    /// <param name="resumeToken">The token of an earlier update, to continue exactly after it; null to start with the current list.</param>
    /// <param name="cancellationToken">Stops the watch.</param>
    /// <returns>The updates. Each enumeration is a watch of its own that starts after <paramref name="resumeToken"/>.</returns>
    /// <exception cref="ArgumentException">The merchant id is not valid.</exception>
    /// <exception cref="RpcException">
    /// While enumerating, before the first list has arrived: INVALID_ARGUMENT (the resume token is invalid), UNAUTHENTICATED (no access token,
    /// or another one was refused too), PERMISSION_DENIED or UNIMPLEMENTED. Once a list has arrived the watch does not fail; it reports
    /// <see cref="PageListUpdateKind.Stale"/> and reconnects.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller stopped the watch.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    IAsyncEnumerable<PageListUpdate> WatchAsync(string merchantId, string? resumeToken = null, CancellationToken cancellationToken = default);
}
