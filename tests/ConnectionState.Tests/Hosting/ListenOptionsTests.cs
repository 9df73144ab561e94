using System.ComponentModel.DataAnnotations;
using ConnectionStateService.Hosting;

namespace ConnectionStateService.Tests.Hosting;

public sealed class ListenOptionsTests
{
    [Theory]
    [InlineData("https://inbox.example")]
    [InlineData("http://localhost:5173")]
    [InlineData("https://inbox.example:8443")]
    [InlineData("http://127.0.0.1:3000")]
    [InlineData("http://[::1]:3000")]
    public void AllowedOrigins_accepts_origins_as_browsers_send_them(string origin) => Assert.Empty(Validate(origin));

    [Theory]
    [InlineData("*")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("inbox.example")]
    [InlineData("https://inbox.example/")]
    [InlineData("https://inbox.example/pages")]
    [InlineData("https://inbox.example:443")]
    [InlineData("https://Inbox.example")]
    [InlineData("https://*.example")]
    [InlineData("https://someone@inbox.example")]
    [InlineData("file:///pages")]
    public void AllowedOrigins_refuses_what_no_browser_sends(string origin)
    {
        var result = Assert.Single(Validate("https://inbox.example", origin));

        Assert.Equal([nameof(ListenOptions.AllowedOrigins)], result.MemberNames);
    }

    private static List<ValidationResult> Validate(params string[] origins)
    {
        var options = new ListenOptions { AllowedOrigins = origins };
        return [.. options.Validate(new ValidationContext(options))];
    }
}
