using System.Collections.Immutable;
using System.Text;

namespace ConnectionStateService.Core;

/// <summary>
/// The bounds on the parts of a merchant, so that no merchant makes its reads and commits expensive. Sizes are estimates that the stored
/// bytes do not exceed; they count each text where it is used, although it is stored once.
/// </summary>
public static class RecordSize
{
    /// <summary>The maximum size of a page list part. Only commands by which a merchant adds something are refused beyond it.</summary>
    public const int MaxPageList = 64 * 1024;

    /// <summary>The maximum size of the candidates of all sessions of a merchant.</summary>
    public const int MaxCandidates = 2 * 1024 * 1024;

    // With every number and time at its maximum.
    private const int Record = 96;
    private const int ConnectionValues = 176;
    private const int SessionValues = 80;
    private const int EvidenceValues = 56;
    private const int SuspicionValues = 16;
    private const int SignalsValues = 34;
    private const int CandidateValues = 24;

    // The reference to a text, and its length.
    private const int TextValues = 12;

    /// <summary>Returns the size of the page list part of a record, in bytes.</summary>
    public static int OfPageList(MerchantRecord record)
    {
        var size = Record;
        foreach (var connection in record.Connections)
        {
            size += Of(connection);
        }

        foreach (var session in record.Sessions)
        {
            size += Of(session);
        }

        return size;
    }

    /// <summary>Returns the size of the candidates of all sessions of a record, in bytes. They need not be loaded.</summary>
    public static int OfCandidates(MerchantRecord record)
    {
        var size = 0;
        foreach (var session in record.Sessions)
        {
            size += session.CandidatesSize;
        }

        return size;
    }

    /// <summary>Returns the size of the candidates of a session, in bytes.</summary>
    public static int OfCandidates(ImmutableArray<Candidate> candidates)
    {
        var (size, tasks) = (0, new HashSet<string>());
        foreach (var candidate in candidates)
        {
            size += CandidateValues + Of(candidate.PageId) + Of(candidate.Name) + (5 * candidate.Tasks.Length);
            foreach (var task in candidate.Tasks)
            {
                size += tasks.Add(task) ? Of(task) : 0;
            }
        }

        return size;
    }

    private static int Of(Connection connection) => ConnectionValues
        + Of(connection.Page.PageId)
        + Of(connection.PageName)
        + Of(connection.AccountId)
        + (connection.Suspicion is { } suspicion ? SuspicionValues + (SignalsValues * suspicion.Signals.Length) + Of(suspicion.Evidence) : 0)
        + (connection.LossEvidence is { } evidence ? Of(evidence) : 0);

    private static int Of(ConnectSession session) => SessionValues
        + Of(session.Id)
        + Of(session.ReconnectPageId)
        + Of(session.Account?.Id)
        + Of(session.Account?.Name)
        + Of(session.PageId);

    private static int Of(Evidence evidence) => EvidenceValues + Of(evidence.ReportedBy);

    private static int Of(string? text) => text is null ? 0 : TextValues + Encoding.UTF8.GetByteCount(text);
}
