using System.Security.Cryptography;
using ConnectionStateService.Hosting.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Tls;

/// <summary>Validates the endpoints in Kestrel's configuration at start, with their certificates, so that every error is reported at once.</summary>
internal sealed class EndpointValidator(
    IConfiguration configuration, IHostEnvironment environment, IOptions<ClientCertificateOptions> clientCertificates) : IValidateOptions<ListenOptions>
{
    private static readonly string[] Keys = ["Certificate", "ClientCertificateMode", "Protocols", "Sni", "SslProtocols", "Url"];

    public ValidateOptionsResult Validate(string? name, ListenOptions options)
    {
        string[] errors = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().SelectMany(FindErrors), .. FindAuthorityErrors()];
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private IEnumerable<string> FindErrors(IConfigurationSection endpoint)
    {
        if (!EndpointAddresses.Names.Contains(endpoint.Key, StringComparer.OrdinalIgnoreCase))
        {
            return [$"{endpoint.Path} is not an endpoint of this service. The endpoints are {string.Join(" and ", EndpointAddresses.Names)}."];
        }

        return [.. FindUnknownKeys(endpoint), .. FindUrlErrors(endpoint), .. FindProtocolErrors(endpoint), .. FindModeErrors(endpoint)];
    }

    private static IEnumerable<string> FindUnknownKeys(IConfigurationSection endpoint) =>
        from child in endpoint.GetChildren()
        where !Keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase)
        let nearest = Spelling.FindNearest(child.Key, Keys)
        select $"{child.Path} is not an option.{(nearest is null ? "" : $" Did you mean {endpoint.Path}:{nearest}?")}";

    private IEnumerable<string> FindUrlErrors(IConfigurationSection endpoint)
    {
        BindingAddress? address = null;
        try
        {
            address = BindingAddress.Parse(endpoint["Url"] ?? "");
        }
        catch (FormatException)
        {
        }

        if (address?.Scheme is not ("http" or "https"))
        {
            return [$"{endpoint.Path}:Url is '{endpoint["Url"]}'; it must be an address such as https://0.0.0.0:5081."];
        }

        return address.Scheme == "https" ? FindCertificateErrors(endpoint) : [];
    }

    private IEnumerable<string> FindCertificateErrors(IConfigurationSection endpoint)
    {
        var files = ServerCertificate.FindFiles(configuration, endpoint.Key, environment.ContentRootPath);
        if (files is not null)
        {
            return FindFileErrors($"{files.Section}:Path", files.Path, () => ServerCertificate.Read(files));
        }

        // Kestrel itself reads certificates by host name and from certificate stores.
        return endpoint.GetSection("Sni").GetChildren().Any() || endpoint["Certificate:Subject"] is not null
            || configuration["Kestrel:Certificates:Default:Subject"] is not null
            ? []
            : [$"{endpoint.Path} has no certificate. Set {endpoint.Path}:Certificate:Path and :KeyPath, or Kestrel:Certificates:Default:Path and :KeyPath."];
    }

    // On the gRPC endpoint no host name is checked, which HTTP/1.1 and its browsers need.
    private static IEnumerable<string> FindProtocolErrors(IConfigurationSection endpoint) =>
        endpoint["Protocols"] is not { } protocols ? []
        : !Enum.TryParse<HttpProtocols>(protocols, ignoreCase: true, out var value)
            ? [$"{endpoint.Path}:Protocols is '{protocols}'; it must be one of {string.Join(", ", Enum.GetNames<HttpProtocols>())}."]
        : value != HttpProtocols.Http2 && endpoint.Key.Equals(EndpointAddresses.Grpc, StringComparison.OrdinalIgnoreCase)
            ? [$"{endpoint.Path}:Protocols is {value}; the gRPC endpoint speaks Http2 only."]
        : [];

    private IEnumerable<string> FindModeErrors(IConfigurationSection endpoint)
    {
        (string Key, string? Text)[] modes =
        [
            .. endpoint.GetSection("Sni").GetChildren().Select(host => ($"{host.Path}:ClientCertificateMode", host["ClientCertificateMode"])),
            endpoint["ClientCertificateMode"] is { } own
                ? ($"{endpoint.Path}:ClientCertificateMode", own)
                : ("Kestrel:EndpointDefaults:ClientCertificateMode", configuration["Kestrel:EndpointDefaults:ClientCertificateMode"]),
        ];
        return modes.Where(mode => mode.Text is not null).SelectMany(mode => FindModeErrors(endpoint, mode.Key, mode.Text!));
    }

    private IEnumerable<string> FindModeErrors(IConfigurationSection endpoint, string key, string text)
    {

        if (!Enum.TryParse<ClientCertificateMode>(text, ignoreCase: true, out var mode) || mode == ClientCertificateMode.DelayCertificate)
        {
            return [$"{key} is '{text}'; it must be one of NoCertificate, AllowCertificate, RequireCertificate."];
        }

        // Kestrel then configures the handshakes, and would not use the authorities of the clients.
        if (mode != ClientCertificateMode.NoCertificate && endpoint.GetSection("Sni").GetChildren().Any())
        {
            return
            [
                $"{key} is {mode}, but {endpoint.Path} chooses certificates by host name (Sni), which cannot be combined. Set "
                + $"{endpoint.Path}:Certificate:Path and :KeyPath instead of Sni.",
            ];
        }

        return mode != ClientCertificateMode.NoCertificate && ClientCertificates is { AuthorityPath: null or "" }
            ? [$"{key} is {mode}, but Listen:ClientCertificates:AuthorityPath does not name the authorities of the clients."]
            : [];
    }

    private IEnumerable<string> FindAuthorityErrors() =>
        ClientCertificates is { } options && TlsHandshakes.FindAuthorityPath(options, environment) is { } path
            ? FindFileErrors("Listen:ClientCertificates:AuthorityPath", path, () => ClientAuthorities.Read(path))
            : [];

    // Null if the section has errors, which are reported on their own.
    private ClientCertificateOptions? ClientCertificates
    {
        get
        {
            try
            {
                return clientCertificates.Value;
            }
            catch (OptionsValidationException)
            {
                return null;
            }
        }
    }

    private static IEnumerable<string> FindFileErrors(string key, string path, Action read)
    {
        try
        {
            read();
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return [$"{key} is '{path}', which cannot be used: {e.Message}"];
        }
    }
}
