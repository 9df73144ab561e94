using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>A page list from the cache.</summary>
/// <param name="PageList">The page list. It is shared; do not modify it.</param>
/// <param name="IsLive">True if the stream is open, so that changes arrive as they happen. False if the list may be out of date.</param>
/// <param name="Age">The time since the server last confirmed the list.</param>
public sealed record CachedPageList(PageList PageList, bool IsLive, TimeSpan Age);
