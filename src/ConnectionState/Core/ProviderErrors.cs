using static ConnectionStateService.Core.Provider;
using static ConnectionStateService.Core.Signal;

namespace ConnectionStateService.Core;

/// <summary>What a failed call to a provider asked for. The numbers are used in the API.</summary>
public enum ProviderObject
{
    /// <summary>Something else, or unknown.</summary>
    Unspecified = 0,

    /// <summary>The page itself.</summary>
    Page = 1,
}

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

    /// <summary>What the failed call asked for, or <see cref="ProviderObject.Unspecified"/> to match any call.</summary>
    public ProviderObject RequestedObject { get; init; }

    /// <summary>The signal the error stands for, or null if it says nothing about the connection.</summary>
    public Signal? Signal { get; init; }

    /// <summary>How certain the signal is. Without a signal it does not matter.</summary>
    /// <value>Soft or Hard. The default is Hard.</value>
    public SignalStrength Strength { get; init; } = SignalStrength.Hard;

    /// <summary>Whether the signal is soft if the error was observed before the token's known expiry.</summary>
    public bool SoftBeforeExpiry { get; init; }

    /// <summary>What the error means, for people.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>Returns whether the rule applies to an error.</summary>
    public bool Matches(Provider provider, int code, int? subcode, ProviderObject requestedObject, string message) =>
        provider == Provider
        && code >= Code && code <= (LastCode ?? Code)
        && (Subcode is null || subcode == Subcode)
        && (RequestedObject is ProviderObject.Unspecified || requestedObject == RequestedObject)
        && (Text is null || message.Contains(Text, StringComparison.OrdinalIgnoreCase));
}

/// <summary>
/// Maps the errors of Facebook and Zalo to signals. The first matching rule applies. An unknown error says nothing, except for the codes of
/// failed authentication, which are soft. The sources are the providers' documentation and reports by its users;
/// <see cref="Rules.ProviderErrors"/> overrides them.
/// </summary>
public static class ProviderErrors
{
    /// <summary>The built-in rules, in order of precedence.</summary>
    public static IReadOnlyList<ProviderErrorRule> Table { get; } =
    [
        Hard(Zalo, -219, PermissionRevoked, "the app was removed or disabled by the Official Account"),
        Hard(Zalo, -204, PageDeleted, "the Official Account is disabled"),
        Hard(Zalo, -205, PageDeleted, "the Official Account does not exist"),
        Soft(Zalo, -216, TokenExpired, "the access token is invalid; a refresh may help"),
        Soft(Zalo, -220, TokenExpired, "the access token has expired or was removed; a refresh may help"),
        Soft(Zalo, -223, PermissionRevoked, "the Official Account has not authorised this API, or has used up its articles"),
        None(Zalo, -221, "the Official Account must be verified"),
        None(Zalo, -224, "the Official Account must upgrade its package"),
        None(Zalo, -32, "too many requests"),

        Hard(Facebook, 190, PermissionRevoked, "the user removed the app", subcode: 458),
        Hard(Facebook, 190, TokenExpired, "the account must pass a checkpoint first", subcode: 459),
        Hard(Facebook, 190, TokenExpired, "the password was changed", subcode: 460),
        Hard(Facebook, 190, TokenExpired, "the token has expired", subcode: 463) with { SoftBeforeExpiry = true },
        Hard(Facebook, 190, TokenExpired, "the user is not confirmed", subcode: 464),
        Hard(Facebook, 190, RoleLost, "the user has no role on the page any more", subcode: 492),
        Soft(Facebook, 190, TokenExpired, "the token is invalid", subcode: 467),
        Soft(Facebook, 190, TokenExpired, "the token is invalid"),
        Soft(Facebook, 102, TokenExpired, "the token is invalid"),
        None(Facebook, 10, "the message was sent outside the allowed window", subcode: 2018278),
        None(Facebook, 10, "the message cannot be sent to this person now", subcode: 2018065),
        None(Facebook, 10, "the person does not receive messages from this page", subcode: 2018108),
        None(Facebook, 200, "the person cannot receive this message", subcode: 1545041),
        None(Facebook, 200, "the account must pass two-factor authentication first") with { Text = "two-factor" },
        None(Facebook, 200, "the account must pass two-factor authentication first") with { Text = "two factor" },
        Soft(Facebook, 200, PermissionRevoked, "the app's access to the API is blocked") with { Text = "API access blocked" },
        Soft(Facebook, 10, PermissionRevoked, "a permission was not given or was taken away"),
        Soft(Facebook, 200, PermissionRevoked, "a permission was not given or was taken away") with { LastCode = 299 },
        Soft(Facebook, 100, PageDeleted, "the page does not exist, or cannot be seen", subcode: 33) with { RequestedObject = ProviderObject.Page },
        None(Facebook, 100, "the object does not exist", subcode: 33),
        None(Facebook, 100, "no such person", subcode: 2018001),
        None(Facebook, 551, "the person is not available"),
        None(Facebook, 1, "an unknown error, likely temporary"),
        None(Facebook, 2, "temporarily out of service"),
        None(Facebook, 4, "the app sends too many requests"),
        None(Facebook, 17, "the user sends too many requests"),
        None(Facebook, 32, "the page gets too many requests"),
        None(Facebook, 341, "a limit of the app is reached"),
        None(Facebook, 368, "blocked for a while for breaking a policy"),
        None(Facebook, 613, "too many requests"),
        None(Facebook, 500, "an error on the provider's side") with { LastCode = 599 },
    ];

    /// <summary>Returns the rule for an error, or null if the error is unknown.</summary>
    public static ProviderErrorRule? Find(
        Provider provider, int code, int? subcode, ProviderObject requestedObject, string message, Rules rules) =>
        rules.ProviderErrors.Concat(Table).FirstOrDefault(r => r.Matches(provider, code, subcode, requestedObject, message));

    private static ProviderErrorRule Hard(Provider provider, int code, Signal signal, string meaning, int? subcode = null) =>
        new() { Provider = provider, Code = code, Subcode = subcode, Signal = signal, Strength = SignalStrength.Hard, Meaning = meaning };

    private static ProviderErrorRule Soft(Provider provider, int code, Signal signal, string meaning, int? subcode = null) =>
        new() { Provider = provider, Code = code, Subcode = subcode, Signal = signal, Strength = SignalStrength.Soft, Meaning = meaning };

    private static ProviderErrorRule None(Provider provider, int code, string meaning, int? subcode = null) =>
        new() { Provider = provider, Code = code, Subcode = subcode, Strength = SignalStrength.None, Meaning = meaning };
}
