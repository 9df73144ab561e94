namespace ConnectionStateService.Store;

/// <summary>The store does not answer. Whether a commit under way was stored is not known.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What is stored of one merchant cannot be read. It is left as it is.</summary>
internal sealed class RecordUnreadableException(string merchantId, string why, Exception? inner = null)
    : Exception($"The record of merchant '{merchantId}' cannot be read: {why}", inner)
{
    public string MerchantId => merchantId;
}

/// <summary>The store must not be used as it is: the service does not start.</summary>
internal sealed class StoreRefusedException(string message, Exception? inner = null) : Exception(message, inner);
