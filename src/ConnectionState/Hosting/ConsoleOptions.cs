using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Hosting;

/// <summary>The console. Configuration section <c>Console</c>.</summary>
public sealed class ConsoleOptions : IValidatableObject
{
    /// <summary>
    /// The origins whose pages may embed the console in a frame and give it merchant tokens (docs/console.md). Other pages can do neither.
    /// </summary>
    /// <value>
    /// Origins as browsers send them (<c>https://shop.example</c>, <c>http://localhost:5173</c>), in
    /// <c>Console:EmbeddingOrigins:0</c>, <c>:1</c> and so on. The default is none.
    /// </value>
    public IReadOnlyList<string> EmbeddingOrigins { get; set; } = [];

    /// <summary>Where merchants sign in at a provider: the pages of your connector.</summary>
    /// <value>One address per provider, in <c>Console:ConnectUrls:Facebook</c> and <c>Console:ConnectUrls:Zalo</c>. The default is none.</value>
    public ConnectUrlOptions ConnectUrls { get; set; } = new();

    /// <summary>Where merchants buy more pages. The console links to it where the limit is reached.</summary>
    /// <value>An http or https URL in which <c>{merchant_id}</c> is replaced. The default is none: no link is shown.</value>
    public string? BuyMoreUrl { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!EmbeddingOrigins.All(BrowserOrigin.IsValid))
        {
            yield return new ValidationResult(BrowserOrigin.Describe(nameof(EmbeddingOrigins)), [nameof(EmbeddingOrigins)]);
        }

        (string Name, string? Url)[] urls =
        [
            ($"{nameof(ConnectUrls)}:{nameof(ConnectUrls.Facebook)}", ConnectUrls.Facebook),
            ($"{nameof(ConnectUrls)}:{nameof(ConnectUrls.Zalo)}", ConnectUrls.Zalo),
            (nameof(BuyMoreUrl), BuyMoreUrl),
        ];
        foreach (var (name, url) in urls)
        {
            if (url is not null && !IsWebAddress(url))
            {
                yield return new ValidationResult($"{name} must be an absolute http or https URL, such as https://shop.example/connect?session={{session_id}}.", [name]);
            }
        }
    }

    // Braces are not valid in a URL; the console replaces them.
    private static bool IsWebAddress(string url) =>
        Uri.TryCreate(url.Replace("{merchant_id}", "m", StringComparison.Ordinal).Replace("{session_id}", "s", StringComparison.Ordinal), UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp);
}

/// <summary>The addresses of the pages on which merchants sign in. Configuration section <c>Console:ConnectUrls</c>.</summary>
public sealed class ConnectUrlOptions
{
    /// <summary>Where merchants sign in to Facebook.</summary>
    /// <value>
    /// An http or https URL in which <c>{merchant_id}</c> and <c>{session_id}</c> are replaced. The default is none: the console says that the connector
    /// is not configured.
    /// </value>
    public string? Facebook { get; set; }

    /// <summary>Where merchants sign in to Zalo.</summary>
    /// <value>As for Facebook. The default is none.</value>
    public string? Zalo { get; set; }
}
