namespace ConnectionStateService.Auth;

/// <summary>How callers prove who they are. Several can be combined: <c>Keys,Jwt</c>.</summary>
[Flags]
public enum AuthMode
{
    /// <summary>Not at all: everybody may do everything. Loopback addresses only.</summary>
    None = 0,

    /// <summary>By a key from <see cref="AuthOptions.KeysFile"/>.</summary>
    Keys = 1,

    /// <summary>By a JWT of an authority; see <see cref="JwtOptions"/>.</summary>
    Jwt = 2,

    /// <summary>By a TLS client certificate, whose name is in <see cref="AuthOptions.KeysFile"/>.</summary>
    Certificates = 4,
}
