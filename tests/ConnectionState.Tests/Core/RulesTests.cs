using System.ComponentModel.DataAnnotations;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>The validation of configured provider error rules.</summary>
public class RulesTests
{
    [Fact]
    public void Validate_accepts_rules_with_and_without_a_signal() => Assert.Empty(Validate(
        new() { Provider = Provider.Zalo, Code = 1, Signal = Signal.PageDeleted },
        new() { Provider = Provider.Facebook, Code = 2, Signal = null }));

    [Fact]
    public void Validate_names_a_rule_without_a_provider() => Assert.Equal(
        ["The field ProviderErrors:1 must have a Provider."],
        Validate(new() { Provider = Provider.Zalo, Code = 1 }, new() { Code = 2 }));

    [Fact]
    public void Validate_names_a_rule_with_an_unknown_signal() => Assert.Equal(
        ["The field ProviderErrors:0 has an unknown Signal."],
        Validate(new() { Provider = Provider.Zalo, Code = 1, Signal = (Signal)99 }, new() { Provider = Provider.Zalo, Code = 2 }));

    [Fact]
    public void Validate_names_a_rule_with_an_unknown_strength() => Assert.Equal(
        ["The field ProviderErrors:0 has an unknown Strength."],
        Validate(new() { Provider = Provider.Zalo, Code = 1, Strength = 0 }, new() { Provider = Provider.Zalo, Code = 2 }));

    [Fact]
    public void Validate_names_a_memory_for_soft_signals_that_is_shorter_than_their_period()
    {
        var rules = new Rules { SoftSignalPeriod = TimeSpan.FromMinutes(10), SoftSignalMemory = TimeSpan.FromMinutes(9) };

        Assert.Equal(
            ["The field SoftSignalMemory must not be below SoftSignalPeriod."],
            rules.Validate(new ValidationContext(rules)).Select(result => result.ErrorMessage));
    }

    [Fact]
    public void Validate_accepts_a_memory_for_soft_signals_as_long_as_their_period()
    {
        var rules = new Rules { SoftSignalPeriod = TimeSpan.FromMinutes(10), SoftSignalMemory = TimeSpan.FromMinutes(10) };

        Assert.Empty(rules.Validate(new ValidationContext(rules)));
    }

    private static IEnumerable<string?> Validate(params ProviderErrorRule[] errors)
    {
        var rules = new Rules { ProviderErrors = errors };
        return rules.Validate(new ValidationContext(rules)).Select(result => result.ErrorMessage);
    }
}
