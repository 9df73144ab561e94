using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>Which signal each provider error stands for.</summary>
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
    public void A_Zalo_error_stands_for_the_signal(int code, Signal? signal) => AssertSignal(signal, Provider.Zalo, code, subcode: null);

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
    public void A_Facebook_error_stands_for_the_signal(int code, int? subcode, Signal? signal) => AssertSignal(signal, Provider.Facebook, code, subcode);

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
    public void An_unknown_error_has_no_rule(Provider provider, int code, int? subcode) =>
        Assert.Null(ProviderErrors.Find(provider, code, subcode, ProviderObject.Unspecified, "", new Rules()));

    [Theory]
    [InlineData("(#200) Two-factor authentication is required", null)]
    [InlineData("the user must enable TWO FACTOR authentication", null)]
    [InlineData("(#200) Requires pages_messaging permission", Signal.PermissionRevoked)]
    public void Facebook_error_200_is_ignored_if_it_asks_for_two_factor_authentication(string message, Signal? signal)
    {
        var rule = ProviderErrors.Find(Provider.Facebook, 200, null, ProviderObject.Unspecified, message, new Rules());

        Assert.NotNull(rule);
        Assert.Equal(signal, rule.Signal);
    }

    [Fact]
    public void Configured_rules_take_precedence_over_built_in_ones()
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

        Assert.Null(ProviderErrors.Find(Provider.Zalo, -219, null, ProviderObject.Unspecified, "", rules)?.Signal);
        Assert.Equal(Signal.PageDeleted, ProviderErrors.Find(Provider.Zalo, -895, null, ProviderObject.Unspecified, "It is GONE.", rules)?.Signal);
        Assert.Null(ProviderErrors.Find(Provider.Zalo, -895, null, ProviderObject.Unspecified, "", rules));
        Assert.Equal(Signal.RoleLost, ProviderErrors.Find(Provider.Facebook, 190, 458, ProviderObject.Unspecified, "", rules)?.Signal);
        Assert.Equal(Signal.TokenExpired, ProviderErrors.Find(Provider.Facebook, 190, 463, ProviderObject.Unspecified, "", rules)?.Signal);
    }

    [Fact]
    public void Every_rule_has_a_meaning() =>
        Assert.All(ProviderErrors.Table, rule => Assert.NotEmpty(rule.Meaning));

    [Fact]
    public void The_meaning_of_a_configured_rule_is_optional() => Assert.Empty(new ProviderErrorRule().Meaning);

    // An ignored error has a rule without a signal; an unknown error has no rule.
    private static void AssertSignal(Signal? signal, Provider provider, int code, int? subcode)
    {
        var rule = ProviderErrors.Find(provider, code, subcode, ProviderObject.Unspecified, "", new Rules());

        Assert.NotNull(rule);
        Assert.Equal(signal, rule.Signal);
    }
}
