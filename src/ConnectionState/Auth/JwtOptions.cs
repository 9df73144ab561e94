using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Auth;

/// <summary>Which JWTs are accepted with the mode <c>Jwt</c>. Configuration section <c>Auth:Jwt</c>.</summary>
public sealed class JwtOptions : IValidatableObject
{
    private static readonly string[] Asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>
    /// The authority that issues the tokens. The service reads its keys from <c>/.well-known/openid-configuration</c>, and goes on with the keys it
    /// knows while the authority does not answer, for <c>Auth:Jwt:KeyLifetime</c>.
    /// </summary>
    /// <value>An https address, or http on a loopback address. Set it, or <c>Auth:Jwt:PublicKeyFile</c>. The default is empty.</value>
    public string Authority { get; set; } = "";

    /// <summary>The audiences: who the tokens are for. A token must name one of them.</summary>
    /// <value>One or more values of the claim <c>aud</c>, in <c>Auth:Jwt:Audiences:0</c>, <c>:1</c> and so on. Required for <c>Jwt</c>.</value>
    public IReadOnlyList<string> Audiences { get; set; } = [];

    /// <summary>The issuers: who may issue tokens.</summary>
    /// <value>
    /// Values of the claim <c>iss</c>, in <c>Auth:Jwt:Issuers:0</c> and so on. The default is the issuer that the authority names. Required with
    /// <c>Auth:Jwt:PublicKeyFile</c>.
    /// </value>
    public IReadOnlyList<string> Issuers { get; set; } = [];

    /// <summary>The public keys that tokens are signed with, if there is no authority to ask.</summary>
    /// <value>The path of a PEM file with one or more blocks <c>PUBLIC KEY</c> or <c>CERTIFICATE</c>. The default is empty.</value>
    public string PublicKeyFile { get; set; } = "";

    /// <summary>The algorithms that signatures may have.</summary>
    /// <value>
    /// One or more of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512, in <c>Auth:Jwt:Algorithms:0</c> and so on. The default is
    /// RS256, PS256 and ES256.
    /// </value>
    public IReadOnlyList<string> Algorithms { get; set; } = [];

    /// <summary>The types that tokens may have, so that a token for another purpose, such as an ID token, is not accepted.</summary>
    /// <value>Values of the header <c>typ</c>, in <c>Auth:Jwt:Types:0</c> and so on. The default is <c>at+jwt</c> and <c>JWT</c>.</value>
    public IReadOnlyList<string> Types { get; set; } = [];

    /// <summary>
    /// How often the keys of the authority are read. A key that it has withdrawn ends its tokens and their streams within this time. A token of an
    /// unknown key has them read earlier, at most once a minute.
    /// </summary>
    /// <value>1 minute to 1 day. The default is 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the keys stay valid since they were read, if the authority does not answer.</summary>
    /// <value>1 hour to 30 days, and longer than <c>Auth:Jwt:KeyRefreshInterval</c>. The default is 1 day.</value>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromDays(1);

    internal IReadOnlyList<string> AllowedAlgorithms => Algorithms.Count > 0 ? Algorithms : ["RS256", "PS256", "ES256"];

    internal IReadOnlyList<string> AllowedTypes => Types.Count > 0 ? Types : ["at+jwt", "JWT"];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority.Length > 0 && !IsAuthority(Authority))
        {
            yield return new ValidationResult(
                $"The field {nameof(Authority)} must be an https address, or http on a loopback address.", [nameof(Authority)]);
        }

        if (Algorithms.Except(Asymmetric).Any())
        {
            yield return new ValidationResult(
                $"The field {nameof(Algorithms)} must be some of {string.Join(", ", Asymmetric)}.", [nameof(Algorithms)]);
        }

        if (KeyLifetime <= KeyRefreshInterval)
        {
            yield return new ValidationResult(
                $"The field {nameof(KeyLifetime)} must be longer than {nameof(KeyRefreshInterval)} ({KeyRefreshInterval}).", [nameof(KeyLifetime)]);
        }

        if (PublicKeyFile.Length > 0 && Issuers.Count == 0)
        {
            yield return new ValidationResult($"The field {nameof(Issuers)} is required with {nameof(PublicKeyFile)}.", [nameof(Issuers)]);
        }
    }

    private static bool IsAuthority(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
