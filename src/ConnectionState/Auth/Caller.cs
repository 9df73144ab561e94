using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace ConnectionStateService.Auth;

/// <summary>
/// Who makes a call, and what the credential allows. Immutable, but for whether the credential was revoked: one object serves all calls with the same
/// token. It is the user of the request.
/// </summary>
internal sealed class Caller : ClaimsPrincipal
{
    /// <summary>The maximum length of a name, in code points.</summary>
    public const int MaxNameLength = 200;

    /// <summary>Everybody, where no authentication is required: may do everything, and names its actor itself.</summary>
    public static readonly Caller Everybody = new("", Scopes.All) { IsNamed = false };

    /// <summary>A call without a token to what is open to everybody.</summary>
    public static readonly Caller Anonymous = new("", Scopes.None) { IsNamed = false };

    private readonly Scopes scopes;
    private readonly FrozenSet<string>? merchants;
    private readonly Credential credential;

    /// <param name="name">The name: the actor of its requests.</param>
    /// <param name="scopes">What it may do.</param>
    /// <param name="merchants">The merchants that it may name, or null for all.</param>
    /// <param name="expiresAt">When the credential expires, or null if it does not.</param>
    /// <param name="credential">Tells whether the credential was revoked; null if it cannot be.</param>
    public Caller(
        string name, Scopes scopes, IEnumerable<string>? merchants = null, DateTimeOffset? expiresAt = null, Credential? credential = null)
        : base(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], name.Length > 0 ? "Bearer" : null))
    {
        Name = name;
        this.scopes = scopes;
        this.merchants = merchants?.ToFrozenSet(StringComparer.Ordinal);
        ExpiresAt = expiresAt;
        this.credential = credential ?? Credential.Permanent;
        LimitKey = this.merchants?.Aggregate(name.GetHashCode(StringComparison.Ordinal), (hash, merchant) => hash ^ merchant.GetHashCode(StringComparison.Ordinal))
            ?? name.GetHashCode(StringComparison.Ordinal);
    }

    public string Name { get; }

    /// <summary>What limits count the caller by: a hash of its name and of the merchants that it may name, because two merchants may have people of the same name.</summary>
    public int LimitKey { get; }

    /// <summary>Whether a text can be the name of a caller, as it can be the actor of a request.</summary>
    public static bool IsName([NotNullWhen(true)] string? text) => text is { Length: > 0 } && Core.PrintableText.IsAtMost(text, MaxNameLength);

    /// <summary>When the credential expires, or null if it does not.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Whether the caller has proven its name, so that its requests get it as their actor.</summary>
    public bool IsNamed { get; private init; } = true;

    /// <summary>Whether the caller may act for some merchants only.</summary>
    public bool IsLimitedToMerchants => merchants is not null;

    /// <summary>Whether the credential was revoked.</summary>
    public bool IsRevoked => credential.IsRevoked;

    /// <summary>Why a revoked credential is not valid.</summary>
    public AuthFault WhyRevoked => credential.WhyRevoked;

    /// <summary>Whether <see cref="ExpiresAt"/> is a time of the store's clock; otherwise it is one of the clock of this process.</summary>
    public bool UsesStoreClock => credential.UsesStoreClock;

    /// <summary>Whether the credential can end before the process does.</summary>
    public bool CanEnd => ExpiresAt is not null || credential != Credential.Permanent;

    /// <summary>Returns the caller of a request.</summary>
    /// <exception cref="InvalidOperationException">The request was not authenticated, which is an internal error.</exception>
    public static Caller Of(HttpContext context) =>
        context.User as Caller ?? throw new InvalidOperationException("The request was not authenticated.");

    /// <summary>Returns the same caller with a credential that expires.</summary>
    public Caller WithExpiry(DateTimeOffset expiresAt) => new(Name, scopes, merchants, expiresAt, credential);

    /// <summary>Whether the caller has all of some scopes.</summary>
    public bool Has(Scopes needed) => (scopes & needed) == needed;

    /// <summary>Whether the caller may act for a merchant.</summary>
    public bool MayActFor(string merchantId) => merchants is null || merchants.Contains(merchantId);
}
