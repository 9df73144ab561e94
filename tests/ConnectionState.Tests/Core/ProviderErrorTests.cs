using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>What the errors of the providers mean, by hand.</summary>
public class ProviderErrorTests
{
    [Theory]
    [InlineData(-219, Signal.PermissionRevoked)]
    [InlineData(-216, Signal.TokenExpired)]
    [InlineData(-220, Signal.TokenExpired)]
    [InlineData(-204, Signal.PageDeleted)]
    [InlineData(-205, Signal.PageDeleted)]
    [InlineData(-223, null)]
    [InlineData(-221, null)]
    [InlineData(-224, null)]
    [InlineData(-32, null)]
    public void A_Zalo_error_means(int code, Signal? signal) => AssertMeans(signal, Provider.Zalo, code, subcode: null);

    [Theory]
    [InlineData(190, 458, Signal.PermissionRevoked)]
    [InlineData(190, 463, Signal.TokenExpired)]
    [InlineData(190, 467, Signal.TokenExpired)]
    [InlineData(190, 459, Signal.TokenExpired)]
    [InlineData(190, 460, Signal.TokenExpired)]
    [InlineData(190, 464, Signal.TokenExpired)]
    [InlineData(190, 492, Signal.RoleLost)]
    [InlineData(190, null, Signal.TokenExpired)]
    [InlineData(190, 999, Signal.TokenExpired)]
    [InlineData(10, null, Signal.PermissionRevoked)]
    [InlineData(200, null, Signal.PermissionRevoked)]
    [InlineData(201, null, Signal.PermissionRevoked)]
    [InlineData(299, 1, Signal.PermissionRevoked)]
    [InlineData(100, 33, Signal.PageDeleted)]
    [InlineData(1, null, null)]
    [InlineData(2, null, null)]
    [InlineData(4, null, null)]
    [InlineData(17, null, null)]
    [InlineData(32, null, null)]
    [InlineData(341, null, null)]
    [InlineData(368, null, null)]
    [InlineData(613, null, null)]
    [InlineData(500, null, null)]
    [InlineData(599, null, null)]
    public void A_Facebook_error_means(int code, int? subcode, Signal? signal) => AssertMeans(signal, Provider.Facebook, code, subcode);

    [Theory]
    [InlineData(Provider.Zalo, -1, null)]
    [InlineData(Provider.Zalo, 0, null)]
    [InlineData(Provider.Zalo, 190, 458)]
    [InlineData(Provider.Facebook, 0, null)]
    [InlineData(Provider.Facebook, -219, null)]
    [InlineData(Provider.Facebook, 100, null)]
    [InlineData(Provider.Facebook, 100, 34)]
    [InlineData(Provider.Facebook, 199, null)]
    [InlineData(Provider.Facebook, 300, null)]
    [InlineData(Provider.Facebook, 499, null)]
    [InlineData(Provider.Facebook, 600, null)]
    public void An_error_that_is_not_known_means_nothing(Provider provider, int code, int? subcode) =>
        Assert.Null(ProviderErrors.Find(provider, code, subcode, "", new Rules()));

    [Theory]
    [InlineData("(#200) Two-factor authentication is required", null)]
    [InlineData("the user must enable TWO FACTOR authentication", null)]
    [InlineData("(#200) Requires pages_messaging permission", Signal.PermissionRevoked)]
    public void Facebook_200_means_nothing_when_it_asks_for_two_factors(string message, Signal? signal)
    {
        var rule = ProviderErrors.Find(Provider.Facebook, 200, null, message, new Rules());

        Assert.NotNull(rule);
        Assert.Equal(signal, rule.Signal);
    }

    [Fact]
    public void What_is_configured_is_asked_first()
    {
        var rules = new Rules
        {
            ProviderErrors =
            [
                new() { Provider = Provider.Zalo, Code = -219, Signal = null },
                new() { Provider = Provider.Zalo, Code = -900, LastCode = -890, Signal = Signal.PageDeleted, Text = "gone" },
                new() { Provider = Provider.Facebook, Code = 190, Subcode = 458, Signal = Signal.RoleLost },
            ],
        };

        Assert.Null(ProviderErrors.Find(Provider.Zalo, -219, null, "", rules)?.Signal);
        Assert.Equal(Signal.PageDeleted, ProviderErrors.Find(Provider.Zalo, -895, null, "It is GONE.", rules)?.Signal);
        Assert.Null(ProviderErrors.Find(Provider.Zalo, -895, null, "", rules));
        Assert.Equal(Signal.RoleLost, ProviderErrors.Find(Provider.Facebook, 190, 458, "", rules)?.Signal);
        Assert.Equal(Signal.TokenExpired, ProviderErrors.Find(Provider.Facebook, 190, 463, "", rules)?.Signal);
    }

    [Fact]
    public void Every_rule_says_in_words_what_it_means() =>
        Assert.All(ProviderErrors.Table, rule => Assert.NotEmpty(rule.Meaning));

    // A known error that means nothing is found all the same, so that it can be told from an unknown one.
    private static void AssertMeans(Signal? signal, Provider provider, int code, int? subcode)
    {
        var rule = ProviderErrors.Find(provider, code, subcode, "", new Rules());

        Assert.NotNull(rule);
        Assert.Equal(signal, rule.Signal);
    }
}
