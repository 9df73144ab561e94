namespace ConnectionStateService.Store;

/// <summary>The store does not answer or failed. A commit under way may or may not have been stored.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A stored record or history entry of a merchant is damaged or has an unknown schema. It is left unchanged.</summary>
internal sealed class RecordUnreadableException(string merchantId, string reason, Exception? inner = null)
    : Exception($"The stored data of merchant '{merchantId}' is unreadable: {reason}.", inner)
{
    public string MerchantId => merchantId;
}

/// <summary>The store cannot be used as it is configured: the service does not start.</summary>
internal sealed class StoreUnusableException(string message, Exception? inner = null) : Exception(message, inner);
