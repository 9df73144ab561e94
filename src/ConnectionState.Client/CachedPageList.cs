using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>A page list from memory.</summary>
/// <param name="PageList">The page list. It belongs to all who ask; do not change it.</param>
/// <param name="IsLive">The stream is open: changes arrive as they happen. Otherwise the list may have changed since.</param>
/// <param name="Age">How long ago the service last said that this is the present list.</param>
public sealed record CachedPageList(PageList PageList, bool IsLive, TimeSpan Age);
