using System.ComponentModel.DataAnnotations;
using ConnectionStateService.Hosting;

namespace ConnectionStateService.Tests.House;

public sealed class ListenOptionsTests
{
    [Theory]
    [InlineData("https://inbox.example")]
    [InlineData("http://localhost:5173")]
    [InlineData("https://inbox.example:8443")]
    [InlineData("http://127.0.0.1:3000")]
    [InlineData("http://[::1]:3000")]
    public void Origins_as_browsers_write_them_may_be_allowed(string origin) => Assert.Empty(WrongIn(origin));

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
    public void What_no_browser_would_send_as_an_origin_is_refused(string origin)
    {
        var wrong = Assert.Single(WrongIn("https://inbox.example", origin));

        Assert.Equal([nameof(ListenOptions.AllowedOrigins)], wrong.MemberNames);
    }

    private static List<ValidationResult> WrongIn(params string[] origins)
    {
        var options = new ListenOptions { AllowedOrigins = origins };
        return [.. options.Validate(new ValidationContext(options))];
    }
}
