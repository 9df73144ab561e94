namespace ConnectionStateService.Auth;

/// <summary>Why a token is not valid.</summary>
internal enum TokenProblem
{
    /// <summary>It is neither a key nor a JWT.</summary>
    Malformed = 1,

    /// <summary>The key, or the key that the token is signed with, is not known.</summary>
    UnknownKey = 2,

    /// <summary>The signature does not match, or there is none.</summary>
    Signature = 3,

    /// <summary>The algorithm of the signature is not allowed.</summary>
    Algorithm = 4,

    /// <summary>The type of the token is not allowed.</summary>
    Type = 5,

    /// <summary>Another authority issued it.</summary>
    Issuer = 6,

    /// <summary>It is for another service.</summary>
    Audience = 7,

    /// <summary>It is not valid yet.</summary>
    NotYetValid = 8,

    /// <summary>A claim is missing or has a wrong value.</summary>
    Claims = 9,
}

/// <summary>Why a call is refused before its method runs. Closed: the nested records are all there are.</summary>
internal abstract record AuthFault
{
    private AuthFault()
    {
    }

    /// <summary>The call has no token.</summary>
    public sealed record TokenMissing : AuthFault;

    /// <summary>The token is not valid here.</summary>
    public sealed record TokenInvalid(TokenProblem Problem) : AuthFault;

    /// <summary>The token has expired.</summary>
    public sealed record TokenExpired : AuthFault;

    /// <summary>The token was revoked, or the key was removed.</summary>
    public sealed record TokenRevoked : AuthFault;

    /// <summary>The caller does not have the scope that the method needs.</summary>
    public sealed record ScopeMissing(string Scope) : AuthFault;

    /// <summary>The request names a merchant that the caller may not act for, or is for all merchants.</summary>
    public sealed record MerchantNotAllowed : AuthFault;

    /// <summary>No key is configured to seal signing keys with, or it does not open those in the store.</summary>
    public sealed record MerchantTokensDisabled : AuthFault;

    /// <summary>The authority does not answer, and its keys are not known yet.</summary>
    public sealed record AuthorityUnavailable : AuthFault;
}
