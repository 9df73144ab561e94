using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>Which candidates of sessions a commit changes: the others are not written.</summary>
internal static class CandidateChanges
{
    /// <summary>The sessions whose candidates are stored anew.</summary>
    public static IEnumerable<ConnectSession> SessionsWithNewCandidates(this CommitRequest request) =>
        request.Record.Sessions == request.Expected.Record.Sessions
            ? []
            : request.Record.Sessions.Where(s => s is { HasCandidates: true, Candidates.IsEmpty: false }
                && !HasSameCandidates(s, request.Expected.Record.FindSession(s.Id)));

    /// <summary>The ids of the sessions whose candidates are removed, because the session has ended or is no longer kept.</summary>
    public static IEnumerable<string> SessionsWithoutCandidates(this CommitRequest request) =>
        request.Record.Sessions == request.Expected.Record.Sessions
            ? []
            : request.Expected.Record.Sessions
                .Where(s => HasCandidates(s) && !(request.Record.FindSession(s.Id) is { } after && HasCandidates(after)))
                .Select(s => s.Id);

    private static bool HasCandidates(ConnectSession session) => session is { HasCandidates: false } or { Candidates.IsEmpty: false };

    private static bool HasSameCandidates(ConnectSession session, ConnectSession? before) =>
        before is { HasCandidates: true } && before.Candidates == session.Candidates && before.CandidatesRevision == session.CandidatesRevision;
}
