using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.Candidate.Types;
using static ConnectionStateService.V1.ConnectSession.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>One connect session as the model expects it.</summary>
internal sealed class ModelSession
{
    /// <summary>Empty until the answer of BeginConnect names it.</summary>
    public string Id { get; set; } = "";

    public required Provider Provider { get; init; }

    public string? ReconnectPageId { get; init; }

    public Learned<Timestamp> Deadline { get; } = new();

    public Account? Account { get; set; }

    public List<ModelCandidate> Candidates { get; set; } = [];

    public string? PageId { get; set; }

    /// <summary>The step at which the session ended; null while it is open.</summary>
    public Step? End { get; set; }

    /// <summary>The grant that was made through the session; empty if none was.</summary>
    public string GrantId { get; set; } = "";

    /// <summary>Whether the page was granted through another session.</summary>
    public bool IsJoined { get; set; }

    public bool IsOpen => End is null;

    public PageRef? Page => PageId is null ? null : new PageRef { Provider = Provider, PageId = PageId };

    public Step Step => End
        ?? (Account is null ? Step.SignIn
            : PageId is not null ? Step.Consent
            : Candidates.Exists(c => c.IsUsable) ? Step.ChoosePage
            : Step.Permission);

    public bool IsWaitingFor(PageRef page) => IsOpen && PageId == page.PageId && Provider == page.Provider;

    public void EndAt(Step step) => (End, Candidates) = (step, []);

    public Eligibility EligibilityOf(ModelCandidate candidate, ModelPage? current) => candidate switch
    {
        { HasValidId: false } => Eligibility.InvalidId,
        _ when ReconnectPageId is { } expected && expected != candidate.PageId => Eligibility.OtherPage,
        { IsEditor: false } => Eligibility.RoleTooLow,
        { IsDeleted: true } => Eligibility.Deleted,
        _ when ReconnectPageId is null && current?.State is State.Connected => Eligibility.AlreadyConnected,
        _ => Eligibility.Eligible,
    };

    /// <summary>The session as in page lists: without candidates.</summary>
    public ConnectSession ToProto() => new()
    {
        SessionId = Id,
        Provider = Provider,
        Step = Step,
        Account = Account,
        Page = Page,
        Deadline = Deadline.Value,
        ReconnectPage = ReconnectPageId is { } page ? new PageRef { Provider = Provider, PageId = page } : null,
    };
}

/// <summary>One page that an account offers.</summary>
internal sealed class ModelCandidate
{
    public required string PageId { get; init; }

    public required string Name { get; init; }

    public required PageRole Role { get; init; }

    public required IReadOnlyList<string> Tasks { get; init; }

    public bool IsDeleted { get; set; }

    public bool HasValidId => !PageId.Contains(' ', StringComparison.Ordinal);

    public bool IsEditor => Role is PageRole.Editor or PageRole.Admin || Tasks.Contains("MANAGE");

    public bool IsUsable => HasValidId && IsEditor;

    /// <summary>Merges candidates with the same id: the first name, the highest role, all tasks.</summary>
    public static List<ModelCandidate> Merge(IEnumerable<Candidate> candidates) =>
    [
        .. candidates.GroupBy(c => c.PageId).Select(same => new ModelCandidate
        {
            PageId = same.Key,
            Name = same.First().Name,
            Role = same.Max(c => c.Role),
            Tasks = [.. same.SelectMany(c => c.Tasks).Distinct()],
        }),
    ];
}
