namespace ConnectionStateService.Hosting;

/// <summary>Origins in options. Browsers compare them as text, so only the form that browsers send can match.</summary>
internal static class BrowserOrigin
{
    public static bool IsValid(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.UserInfo.Length == 0
        && text == uri.GetLeftPart(UriPartial.Authority);

    /// <summary>The error for a field that has other text.</summary>
    public static string Describe(string field) =>
        $"The field {field} must be origins, such as https://inbox.example: scheme, host in lower case, the port unless "
        + "it is the scheme's default, and no path.";
}
