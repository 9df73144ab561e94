using static ConnectionStateService.Core.Provider;
using static ConnectionStateService.Core.Signal;

namespace ConnectionStateService.Core;

/// <summary>Maps one provider error, or a range of them, to a signal.</summary>
public sealed record ProviderErrorRule
{
    /// <summary>The provider that returns the error.</summary>
    public Provider Provider { get; init; }

    /// <summary>The error's code, or the first code of a range if <see cref="LastCode"/> is set.</summary>
    public int Code { get; init; }

    /// <summary>The last code of a range, or null to match <see cref="Code"/> only.</summary>
    public int? LastCode { get; init; }

    /// <summary>The error's subcode, or null to match any subcode and none.</summary>
    public int? Subcode { get; init; }

    /// <summary>A text the provider's message must contain, ignoring case, or null to match any message.</summary>
    public string? Text { get; init; }

    /// <summary>The signal the error stands for, or null if it says nothing about the connection.</summary>
    public Signal? Signal { get; init; }

    /// <summary>What the error means, for people.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>Returns whether the rule applies to an error.</summary>
    public bool Matches(Provider provider, int code, int? subcode, string message) =>
        provider == Provider
        && code >= Code && code <= (LastCode ?? Code)
        && (Subcode is null || subcode == Subcode)
        && (Text is null || message.Contains(Text, StringComparison.OrdinalIgnoreCase));
}

/// <summary>
/// Maps the errors of Facebook and Zalo to signals. The first matching rule applies. The sources are the providers' documentation and
/// reports by its users; <see cref="Rules.ProviderErrors"/> overrides them.
/// </summary>
public static class ProviderErrors
{
    /// <summary>The built-in rules, in order of precedence.</summary>
    public static IReadOnlyList<ProviderErrorRule> Table { get; } =
    [
        Rule(Zalo, -219, PermissionRevoked, "the app was removed or disabled by the Official Account"),
        Rule(Zalo, -216, TokenExpired, "the access token is invalid"),
        Rule(Zalo, -220, TokenExpired, "the access token has expired or was removed"),
        Rule(Zalo, -204, PageDeleted, "the Official Account is disabled"),
        Rule(Zalo, -205, PageDeleted, "the Official Account does not exist"),
        Rule(Zalo, -223, null, "the Official Account has not authorised this API, or has used up its articles: ambiguous"),
        Rule(Zalo, -221, null, "the Official Account must be verified"),
        Rule(Zalo, -224, null, "the Official Account must upgrade its package"),
        Rule(Zalo, -32, null, "too many requests"),

        Rule(Facebook, 190, PermissionRevoked, "the user removed the app", subcode: 458),
        Rule(Facebook, 190, TokenExpired, "the account must pass a checkpoint first", subcode: 459),
        Rule(Facebook, 190, TokenExpired, "the password was changed", subcode: 460),
        Rule(Facebook, 190, TokenExpired, "the token has expired", subcode: 463),
        Rule(Facebook, 190, TokenExpired, "the user is not confirmed", subcode: 464),
        Rule(Facebook, 190, TokenExpired, "the token is invalid", subcode: 467),
        Rule(Facebook, 190, RoleLost, "the user has no role on the page any more", subcode: 492),
        Rule(Facebook, 190, TokenExpired, "the token is invalid"),
        Rule(Facebook, 200, null, "the account must pass two-factor authentication first", text: "two-factor"),
        Rule(Facebook, 200, null, "the account must pass two-factor authentication first", text: "two factor"),
        Rule(Facebook, 10, PermissionRevoked, "the permission was not given or was taken away"),
        Rule(Facebook, 200, PermissionRevoked, "the permission was not given or was taken away", last: 299),
        Rule(Facebook, 100, PageDeleted, "the page does not exist", subcode: 33),
        Rule(Facebook, 1, null, "an unknown error, likely temporary"),
        Rule(Facebook, 2, null, "temporarily out of service"),
        Rule(Facebook, 4, null, "the app sends too many requests"),
        Rule(Facebook, 17, null, "the user sends too many requests"),
        Rule(Facebook, 32, null, "the page gets too many requests"),
        Rule(Facebook, 341, null, "a limit of the app is reached"),
        Rule(Facebook, 368, null, "blocked for a while for breaking a policy"),
        Rule(Facebook, 613, null, "too many requests"),
        Rule(Facebook, 500, null, "an error on the provider's side", last: 599),
    ];

    /// <summary>Returns the rule for an error, or null if the error is unknown.</summary>
    public static ProviderErrorRule? Find(Provider provider, int code, int? subcode, string message, Rules rules) =>
        rules.ProviderErrors.Concat(Table).FirstOrDefault(r => r.Matches(provider, code, subcode, message));

    private static ProviderErrorRule Rule(
        Provider provider, int code, Signal? signal, string meaning, int? subcode = null, int? last = null, string? text = null) =>
        new() { Provider = provider, Code = code, LastCode = last, Subcode = subcode, Text = text, Signal = signal, Meaning = meaning };
}
