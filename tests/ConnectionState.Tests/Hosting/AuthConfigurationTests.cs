using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>Configurations of authentication with which the service does not start.</summary>
public sealed class AuthConfigurationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("Listen:Address", "0.0.0.0")]
    [InlineData("Listen:Address", "::")]
    [InlineData("Listen:Address", "192.0.2.1")]
    public async Task Without_authentication_the_service_starts_on_loopback_addresses_only_and_says_what_to_set(string option, string address)
    {
        var error = Assert.Single(await FailAsync(new() { [option] = address }));

        Assert.StartsWith("Auth:Mode is None", error, StringComparison.Ordinal);
        Assert.All(
            ["Auth:Mode=Keys", "Auth:KeysFile", "Auth:Mode=Jwt", "Auth:Jwt:Authority", "Auth:Jwt:Audiences:0", "docs/authentication.md"],
            text => Assert.Contains(text, error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    public async Task Without_authentication_the_service_starts_on_a_loopback_address(string address)
    {
        await using var service = await Service.StartAsync(new() { ["Listen:Address"] = address });
    }

    [Theory]
    [InlineData("true")]
    [InlineData("1")]
    public async Task Addresses_that_would_replace_the_checked_ones_are_refused(string prefers)
    {
        var error = Assert.Single(await FailAsync(new() { ["PreferHostingUrls"] = prefers, ["Urls"] = "http://0.0.0.0:0" }));

        Assert.StartsWith($"PreferHostingUrls is {prefers}", error, StringComparison.Ordinal);
        Assert.Contains("ASPNETCORE_PREFERHOSTINGURLS", error, StringComparison.Ordinal);
        await using var service = await Service.StartAsync(new() { ["PreferHostingUrls"] = "false" });
    }

    [Fact]
    public async Task All_that_a_mode_needs_and_all_files_are_checked_at_once()
    {
        await File.WriteAllTextAsync(folder.File("keys.json"), """{ "keys": [{ "id": "a", "sha256": "", "scopes": ["nothing"] }] }""");
        await File.WriteAllTextAsync(folder.File("sealing.key"), "short");

        var errors = await FailAsync(new()
        {
            ["Auth:Mode"] = "Keys,Jwt",
            ["Auth:KeysFile"] = folder.File("keys.json"),
            ["Auth:MerchantTokens:SealingKeyFile"] = folder.File("sealing.key"),
        });

        Assert.Collection(
            errors.Order(StringComparer.Ordinal),
            error => Assert.Contains("'nothing' of the key 'a' is not a scope", error, StringComparison.Ordinal),
            error => Assert.Contains("sha256 of the key 'a'", error, StringComparison.Ordinal),
            error => Assert.StartsWith("Auth:MerchantTokens:SealingKeyFile is", error, StringComparison.Ordinal),
            error => Assert.Contains("Auth:Jwt:Audiences:0", error, StringComparison.Ordinal),
            error => Assert.Contains("Auth:Jwt:Authority", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Auth:Mode", "Keys", "Auth:KeysFile")]
    [InlineData("Auth:Mode", "Password", "Auth:Mode is 'Password'; it must be one of None, Keys, Jwt, Certificates")]
    [InlineData("Auth:Jwt:Authority", "http://authority.example", "must be an https address")]
    [InlineData("Auth:Jwt:Algorithms:0", "HS256", "must be some of RS256")]
    [InlineData("Auth:Jwt:Algorithms:0", "none", "must be some of RS256")]
    [InlineData("Auth:ClockSkew", "00:00:31", "Auth:ClockSkew is 00:00:31")]
    [InlineData("Auth:KeysFile", "/nowhere/keys.json", "it cannot be used")]
    public async Task A_wrong_option_is_refused(string option, string value, string message) =>
        Assert.Contains(await FailAsync(new() { [option] = value }), error => error.Contains(message, StringComparison.Ordinal));

    private static async Task<IReadOnlyList<string>> FailAsync(Dictionary<string, string?> settings) =>
        StartupErrors.Describe(await Assert.ThrowsAnyAsync<Exception>(() => Service.StartAsync(settings)))!;
}
