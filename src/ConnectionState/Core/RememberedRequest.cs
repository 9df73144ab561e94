namespace ConnectionStateService.Core;

/// <summary>An executed request, kept so that a repeat of it is not executed again.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="PayloadHash">A hash of the request's content.</param>
/// <param name="Revision">The revision that the request created.</param>
/// <param name="SessionId">The connect session that the request began, or null if it began none.</param>
public sealed record RememberedRequest(string Id, uint PayloadHash, long Revision, string? SessionId);
