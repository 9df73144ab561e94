using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>Which signal each provider error stands for, and how certain it is.</summary>
public class ProviderErrorTests
{
    [Theory]
    [InlineData(-219, Signal.PermissionRevoked, SignalStrength.Hard)]
    [InlineData(-204, Signal.PageDeleted, SignalStrength.Hard)]
    [InlineData(-205, Signal.PageDeleted, SignalStrength.Hard)]
    [InlineData(-216, Signal.TokenExpired, SignalStrength.Soft)]
    [InlineData(-220, Signal.TokenExpired, SignalStrength.Soft)]
    [InlineData(-223, Signal.PermissionRevoked, SignalStrength.Soft)]
    [InlineData(-221, null, SignalStrength.None)]
    [InlineData(-224, null, SignalStrength.None)]
    [InlineData(-32, null, SignalStrength.None)]
    public void A_Zalo_error_stands_for_the_signal(int code, Signal? signal, SignalStrength strength) =>
        AssertRule(signal, strength, Provider.Zalo, code, subcode: null);

    [Theory]
    [InlineData(190, 458, Signal.PermissionRevoked, SignalStrength.Hard)]
    [InlineData(190, 492, Signal.RoleLost, SignalStrength.Hard)]
    [InlineData(190, 463, Signal.TokenExpired, SignalStrength.Hard)]
    [InlineData(190, 459, Signal.TokenExpired, SignalStrength.Hard)]
    [InlineData(190, 460, Signal.TokenExpired, SignalStrength.Hard)]
    [InlineData(190, 464, Signal.TokenExpired, SignalStrength.Hard)]
    [InlineData(190, 467, Signal.TokenExpired, SignalStrength.Soft)]
    [InlineData(190, null, Signal.TokenExpired, SignalStrength.Soft)]
    [InlineData(190, 999, Signal.TokenExpired, SignalStrength.Soft)]
    [InlineData(102, null, Signal.TokenExpired, SignalStrength.Soft)]
    [InlineData(10, null, Signal.PermissionRevoked, SignalStrength.Soft)]
    [InlineData(200, null, Signal.PermissionRevoked, SignalStrength.Soft)]
    [InlineData(201, null, Signal.PermissionRevoked, SignalStrength.Soft)]
    [InlineData(299, 1, Signal.PermissionRevoked, SignalStrength.Soft)]
    [InlineData(10, 2018278, null, SignalStrength.None)]
    [InlineData(10, 2018065, null, SignalStrength.None)]
    [InlineData(10, 2018108, null, SignalStrength.None)]
    [InlineData(200, 1545041, null, SignalStrength.None)]
    [InlineData(100, 33, null, SignalStrength.None)]
    [InlineData(100, 2018001, null, SignalStrength.None)]
    [InlineData(551, null, null, SignalStrength.None)]
    [InlineData(1, null, null, SignalStrength.None)]
    [InlineData(2, null, null, SignalStrength.None)]
    [InlineData(4, null, null, SignalStrength.None)]
    [InlineData(17, null, null, SignalStrength.None)]
    [InlineData(32, null, null, SignalStrength.None)]
    [InlineData(341, null, null, SignalStrength.None)]
    [InlineData(368, null, null, SignalStrength.None)]
    [InlineData(613, null, null, SignalStrength.None)]
    [InlineData(500, null, null, SignalStrength.None)]
    [InlineData(599, null, null, SignalStrength.None)]
    public void A_Facebook_error_stands_for_the_signal(int code, int? subcode, Signal? signal, SignalStrength strength) =>
        AssertRule(signal, strength, Provider.Facebook, code, subcode);

    [Fact]
    public void Facebook_error_100_33_is_soft_if_the_page_itself_was_asked_for()
    {
        var rule = ProviderErrors.Find(Provider.Facebook, 100, 33, ProviderObject.Page, "", new Rules());

        Assert.Equal((Signal.PageDeleted, SignalStrength.Soft), (rule?.Signal, rule?.Strength));
    }

    [Fact]
    public void Only_Facebook_error_190_463_is_soft_before_the_expiry() => Assert.Equal(
        [(Provider.Facebook, 190, 463)],
        ProviderErrors.Table.Where(rule => rule.SoftBeforeExpiry).Select(rule => (rule.Provider, rule.Code, rule.Subcode ?? 0)));

    [Fact]
    public void A_rule_is_hard_or_soft_if_it_has_a_signal_and_none_otherwise() =>
        Assert.All(ProviderErrors.Table, rule => Assert.Equal(rule.Signal is null, rule.Strength is SignalStrength.None));

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
    [InlineData("(#200) Two-factor authentication is required", null, SignalStrength.None)]
    [InlineData("the user must enable TWO FACTOR authentication", null, SignalStrength.None)]
    [InlineData("(#200) Requires pages_messaging permission", Signal.PermissionRevoked, SignalStrength.Soft)]
    [InlineData("API access blocked.", Signal.PermissionRevoked, SignalStrength.Soft)]
    public void Facebook_error_200_depends_on_its_message(string message, Signal? signal, SignalStrength strength)
    {
        var rule = ProviderErrors.Find(Provider.Facebook, 200, null, ProviderObject.Unspecified, message, new Rules());

        Assert.NotNull(rule);
        Assert.Equal((signal, strength), (rule.Signal, rule.Strength));
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
    private static void AssertRule(Signal? signal, SignalStrength strength, Provider provider, int code, int? subcode)
    {
        var rule = ProviderErrors.Find(provider, code, subcode, ProviderObject.Unspecified, "", new Rules());

        Assert.NotNull(rule);
        Assert.Equal((signal, strength), (rule.Signal, rule.Strength));
    }
}
