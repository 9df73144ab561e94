using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Model;

/// <summary>A page as the naive merchant remembers it.</summary>
internal sealed class NaivePage
{
    public required PageRef Page { get; init; }

    public string State { get; set; } = "None";

    public string Cause { get; set; } = "None";

    public string Name { get; set; } = "";

    public string Account { get; set; } = "";

    public long Position { get; set; }

    public bool Understood { get; set; }

    public bool Warned { get; set; }

    public DateTimeOffset Since { get; set; }

    public DateTimeOffset GrantBegan { get; set; }

    public DateTimeOffset? Granted { get; set; }

    public DateTimeOffset? Ends { get; set; }

    public string? Waiting { get; set; }

    /// <summary>The revision before the one that made it leave the list.</summary>
    public long LeftAt { get; set; }

    public bool TakesSlot => State is "Pending" or "Connected" or "Expired" or "Revoked";

    public bool Lost => State is "Expired" or "Revoked" or "Deleted" || (State == "Disconnected" && Cause == "SignedInElsewhere");

    public bool Listed => TakesSlot || (Lost && !Understood);
}

/// <summary>A connect session as the naive merchant remembers it.</summary>
internal sealed class NaiveSession
{
    public required string Id { get; init; }

    public required Provider Provider { get; init; }

    public required DateTimeOffset Deadline { get; init; }

    public string? Reconnect { get; init; }

    public Account? Account { get; set; }

    public DateTimeOffset SignedIn { get; set; }

    public List<Candidate> Offers { get; set; } = [];

    public PageRef? Chosen { get; set; }

    /// <summary>The step it ended at; empty while it is open.</summary>
    public string End { get; set; } = "";

    public string Step => this switch
    {
        { End.Length: > 0 } => End,
        { Account: null } => "SignIn",
        { Chosen: not null } => "Consent",
        _ when Offers.Any(NaiveRoles.Suffice) => "ChoosePage",
        _ => "Permission",
    };
}

/// <summary>Who may connect a page.</summary>
internal static class NaiveRoles
{
    public static bool Suffice(Candidate candidate)
    {
        if (candidate.Role == PageRole.Editor || candidate.Role == PageRole.Admin)
        {
            return true;
        }

        bool May(string task) => candidate.Tasks.Contains(task) || candidate.Tasks.Contains("PROFILE_PLUS_" + task);
        return May("MANAGE") || May("FULL_CONTROL") || (May("CREATE_CONTENT") && May("MODERATE") && May("MESSAGING"));
    }
}
