using System.Collections.Frozen;

namespace ConnectionStateService.Auth;

/// <summary>What a caller may do. <see cref="ScopeTable"/> says which method needs which scope.</summary>
[Flags]
internal enum Scopes
{
    /// <summary>Nothing. A method that needs nothing is for everybody, also without a token.</summary>
    None = 0,
    PagesRead = 1 << 0,
    PagesWrite = 1 << 1,
    ConnectWrite = 1 << 2,
    SignalsWrite = 1 << 3,
    PlanWrite = 1 << 4,
    FeedRead = 1 << 5,
    FleetRead = 1 << 6,
    FleetWrite = 1 << 7,
    Probes = 1 << 8,
    MetricsRead = 1 << 9,
    TokensIssue = 1 << 10,
    Admin = 1 << 11,
    ActAs = 1 << 12,
    MerchantsErase = 1 << 13,
    All = (1 << 14) - 1,
}

/// <summary>The names of scopes, as they are written in tokens and in the key file.</summary>
internal static class ScopeNames
{
    private static readonly FrozenDictionary<string, Scopes> ByName = new Dictionary<string, Scopes>
    {
        ["pages.read"] = Scopes.PagesRead,
        ["pages.write"] = Scopes.PagesWrite,
        ["connect.write"] = Scopes.ConnectWrite,
        ["signals.write"] = Scopes.SignalsWrite,
        ["plan.write"] = Scopes.PlanWrite,
        ["feed.read"] = Scopes.FeedRead,
        ["fleet.read"] = Scopes.FleetRead,
        ["fleet.write"] = Scopes.FleetWrite,
        ["probes"] = Scopes.Probes,
        ["metrics.read"] = Scopes.MetricsRead,
        ["tokens.issue"] = Scopes.TokensIssue,
        ["admin"] = Scopes.Admin,
        ["act_as"] = Scopes.ActAs,
        ["merchants.erase"] = Scopes.MerchantsErase,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Scopes, string> ByScope = ByName.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>All names, in the order of the scopes.</summary>
    public static IEnumerable<string> All => ByScope.OrderBy(pair => pair.Key).Select(pair => pair.Value);

    /// <summary>Returns the name of a single scope.</summary>
    public static string NameOf(Scopes scope) => ByScope[scope];

    /// <summary>Returns the scope with a name, or <see cref="Scopes.None"/> if there is none.</summary>
    public static Scopes Parse(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Returns the names of scopes, separated by spaces, as in the claim <c>scope</c>.</summary>
    public static string Join(Scopes scopes) =>
        string.Join(' ', ByScope.Where(pair => scopes.HasFlag(pair.Key)).OrderBy(pair => pair.Key).Select(pair => pair.Value));
}
