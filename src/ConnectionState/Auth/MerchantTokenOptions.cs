using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Auth;

/// <summary>The merchant tokens that the service issues itself. Configuration section <c>Auth:MerchantTokens</c>.</summary>
public sealed class MerchantTokenOptions
{
    /// <summary>The maximum lifetime of a merchant token.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The file with the keys that the signing keys in the store are sealed with (AES-256-GCM). All processes of a store need the same. The first key
    /// seals; further ones only open, so that the key can be replaced.
    /// </summary>
    /// <value>
    /// The path of a file with one key in each line: 32 bytes in base64, as <c>openssl rand -base64 32</c> prints them. Empty: the service issues no
    /// merchant tokens and accepts none. The default is empty.
    /// </value>
    public string SealingKeyFile { get; set; } = "";

    /// <summary>The issuer of merchant tokens.</summary>
    /// <value>The value of the claim <c>iss</c>: 1 to 200 characters. The default is <c>connectionstate</c>.</value>
    [Required]
    [StringLength(200, MinimumLength = 1)]
    public string Issuer { get; set; } = "connectionstate";

    /// <summary>How long a signing key is used before the next one takes its place.</summary>
    /// <value>1 hour to 365 days. The default is 30 days.</value>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan KeyRotation { get; set; } = TimeSpan.FromDays(30);
}
