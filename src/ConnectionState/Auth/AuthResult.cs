namespace ConnectionStateService.Auth;

/// <summary>The caller, or why it is refused.</summary>
internal readonly record struct AuthResult(Caller? Caller, AuthFault? Fault)
{
    public static implicit operator AuthResult(Caller caller) => new(caller, null);

    public static implicit operator AuthResult(AuthFault fault) => new(null, fault);

    public static AuthResult Invalid(TokenProblem problem) => new AuthFault.TokenInvalid(problem);
}
