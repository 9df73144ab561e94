using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Client.Testing;

/// <summary>Sends every report at once, so that tests see it without waiting.</summary>
internal sealed class FakePageReporter(ConnectionStateClient client) : IPageReporter, IDisposable
{
    // Errors have nothing to sample or to send later.
    private readonly PageReporter reporter = new(client);

    public void ReportSuccess(string merchantId, PageRef page, string? grantId)
    {
        if (page is null)
        {
            return;
        }

        var success = new ReportSuccessRequest.Types.Success
        {
            MerchantId = merchantId ?? "",
            Page = page,
            ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        };
        if (!string.IsNullOrEmpty(grantId))
        {
            success.GrantId = grantId;
        }

        try
        {
            client.Signals.ReportSuccess(new() { Successes = { success } });
        }
        catch (RpcException)
        {
            // Dropped, as in the real reporter.
        }
    }

    public void Dispose() => reporter.Dispose();

    public Task<ReportProviderErrorResponse> ReportErrorAsync(
        string merchantId,
        PageRef page,
        string? grantId,
        int code,
        int? subcode = null,
        string message = "",
        ProviderObject requestedObject = ProviderObject.Unspecified,
        CancellationToken cancellationToken = default) =>
        reporter.ReportErrorAsync(merchantId, page, grantId, code, subcode, message, requestedObject, cancellationToken);
}
