using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// All log messages of the library. In one class, because the generator of .NET 10 writes several in an order that changes from build to build
/// (dotnet/runtime#119587), and then the library is not reproducible.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} failed with {StatusCode} (request id {RequestId}): {Detail}")]
    public static partial void CallFailed(ILogger logger, string method, StatusCode statusCode, string? requestId, string detail);

    [LoggerMessage(2, LogLevel.Warning, "No access token: {Detail}")]
    public static partial void NoAccessToken(ILogger logger, string detail);

    [LoggerMessage(3, LogLevel.Debug, "The watch of {MerchantId} is live")]
    public static partial void WatchStarted(ILogger logger, string merchantId);

    [LoggerMessage(4, LogLevel.Warning, "The page list of {MerchantId} is stale, reconnecting: {Detail}")]
    public static partial void WatchStale(ILogger logger, string merchantId, string detail);

    [LoggerMessage(5, LogLevel.Information, "The page list of {MerchantId} is live again after {StaleTime}")]
    public static partial void WatchRecovered(ILogger logger, string merchantId, TimeSpan staleTime);

    [LoggerMessage(6, LogLevel.Error, "The page list of {MerchantId} cannot be watched ({StatusCode}): {Detail}")]
    public static partial void WatchFailed(ILogger logger, string merchantId, StatusCode statusCode, string detail);

    [LoggerMessage(7, LogLevel.Warning,
        "The page list cache is full ({Capacity} merchants) and found no idle merchant to replace. Raise CacheCapacity")]
    public static partial void CacheFull(ILogger logger, int capacity);

    [LoggerMessage(8, LogLevel.Warning,
        "ReportSuccess was called with an invalid merchant, page or grant and ignored ('{MerchantId}', {Page}); this is logged once")]
    public static partial void ReportInvalid(ILogger logger, string? merchantId, PageRef? page);

    [LoggerMessage(9, LogLevel.Debug, "{Count} successes could not be reported; later ones are reported again: {Reason}")]
    public static partial void SuccessesNotReported(ILogger logger, int count, string reason);

    [LoggerMessage(10, LogLevel.Warning, "The server rejects reported successes, which are dropped: {Reason}")]
    public static partial void SuccessesRejected(ILogger logger, string reason);
}
