using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Auth;

/// <summary>Who may call. docs/authentication.md says how to choose. Configuration section <c>Auth</c>.</summary>
public sealed class AuthOptions : IValidatableObject
{
    /// <summary>How callers prove who they are.</summary>
    /// <value>
    /// <c>None</c>, or one or more of <c>Keys</c>, <c>Jwt</c> and <c>Certificates</c>, separated by commas. The default is <c>None</c>, with which the
    /// service starts on loopback addresses only. Merchant tokens are accepted in every mode but <c>None</c>.
    /// </value>
    public AuthMode Mode { get; set; } = AuthMode.None;

    /// <summary>
    /// The JSON file with the keys (as SHA-256) and the names in client certificates, and what they allow. It is read again within 5 seconds after it
    /// changed; a file with errors is logged and not used.
    /// </summary>
    /// <value>A path. Required for <c>Keys</c> and <c>Certificates</c>. The default is empty.</value>
    public string KeysFile { get; set; } = "";

    /// <summary>
    /// How far the clocks of the service and of an authority may differ. Calls are refused with a token, and streams end with it, this long after
    /// its expiry.
    /// </summary>
    /// <value>0 to 30 seconds. The default is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether <c>/health/ready</c> and <c>grpc.health.v1.Health/Check</c> answer calls without a token. The probes of Kubernetes and most load
    /// balancers cannot send one. If false, they need the scope <c>probes</c>. <c>/health/live</c> needs no token either way, and <c>Health/Watch</c>
    /// always needs the scope.
    /// </summary>
    /// <value>true or false. The default is true.</value>
    public bool AnonymousProbes { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if ((Mode & (AuthMode.Keys | AuthMode.Certificates)) != 0 && KeysFile.Length == 0)
        {
            yield return new ValidationResult($"The field {nameof(KeysFile)} is required for the mode {Mode}.", [nameof(KeysFile)]);
        }
    }
}
