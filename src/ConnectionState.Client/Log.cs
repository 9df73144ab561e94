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

    [LoggerMessage(11, LogLevel.Warning, "A call of the consumer {Consumer} failed with {StatusCode}; it is repeated: {Detail}")]
    public static partial void FeedCallFailed(ILogger logger, string consumer, StatusCode statusCode, string detail);

    [LoggerMessage(12, LogLevel.Information, "{Consumer}/{Instance} processes {Count} partitions of the feed: {Begun} are new, {Ended} are gone")]
    public static partial void FeedPartitionsChanged(ILogger logger, string consumer, string instance, int count, int begun, int ended);

    [LoggerMessage(13, LogLevel.Error,
        "The handler of {Consumer} failed in partition {Partition} with revision {Revision} of {MerchantId}, for the {Attempts}. time")]
    public static partial void FeedHandlerFailed(
        ILogger logger, string consumer, int partition, string? merchantId, long? revision, int attempts, Exception exception);

    [LoggerMessage(14, LogLevel.Warning, "{Consumer} skips revision {Revision} of {MerchantId} in partition {Partition}, which its handler cannot handle")]
    public static partial void FeedCommitSkipped(ILogger logger, string consumer, int partition, string merchantId, long revision);

    [LoggerMessage(15, LogLevel.Warning, "{Consumer} has lost partition {Partition} to another instance; what was handled last may be handled again")]
    public static partial void FeedLeaseLost(ILogger logger, string consumer, int partition);

    [LoggerMessage(16, LogLevel.Warning, "The page lists of {Count} merchants in the cache are stale, reconnecting: {Detail}")]
    public static partial void CacheStale(ILogger logger, int count, string detail);

    [LoggerMessage(17, LogLevel.Information, "The stream of the page list cache is open again; {Count} merchants are added")]
    public static partial void CacheReconnected(ILogger logger, int count);

    [LoggerMessage(18, LogLevel.Warning, "The server has no streams of many merchants. The page list cache uses a stream for each merchant")]
    public static partial void CacheFallsBack(ILogger logger);
}
