using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>
/// Reports how calls to a provider ended, for a sender or a connector. Implemented by <see cref="PageReporter"/>, and by
/// <c>FakeConnectionState</c> of ConnectionState.Client.Testing for unit tests.
/// </summary>
public interface IPageReporter
{
    /// <summary>
    /// Reports that a call to the provider has just succeeded. It ends a suspicion, and brings back a page that was reported as lost although it
    /// works. Returns at once and never throws: successes are sampled and sent in the background, and may be dropped. Call it after every
    /// successful call.
    /// </summary>
    /// <param name="merchantId">The merchant: 1 to 64 of A-Z a-z 0-9 . _ : -</param>
    /// <param name="page">The page.</param>
    /// <param name="grantId">
    /// The <see cref="Connection.GrantId"/> that is stored beside the token that worked; null or empty if it is not known. Without it, a success
    /// ends a suspicion but does not bring a page back.
    /// </param>
    void ReportSuccess(string merchantId, PageRef page, string? grantId);

    /// <summary>
    /// Reports an error that the provider has just returned. Report every error: the server knows which of them concern the connection.
    /// </summary>
    /// <param name="merchantId">The merchant: 1 to 64 of A-Z a-z 0-9 . _ : -</param>
    /// <param name="page">The page.</param>
    /// <param name="grantId">
    /// The <see cref="Connection.GrantId"/> that is stored beside the token that was used; null or empty if it is not known. Without it, an error
    /// is less certain.
    /// </param>
    /// <param name="code">The provider's error code.</param>
    /// <param name="subcode">The provider's error subcode, or null if there is none.</param>
    /// <param name="message">The provider's error message; some errors differ only by it.</param>
    /// <param name="requestedObject">
    /// <see cref="ProviderObject.Page"/> if the call asked for the page itself. "The object does not exist" means something only then.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What the error means, and what it did to the connection.</returns>
    /// <exception cref="RpcException">CONNECTION_NOT_FOUND, or another failure of the call.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the call.</exception>
    Task<ReportProviderErrorResponse> ReportErrorAsync(
        string merchantId,
        PageRef page,
        string? grantId,
        int code,
        int? subcode = null,
        string message = "",
        ProviderObject requestedObject = ProviderObject.Unspecified,
        CancellationToken cancellationToken = default);
}
