using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.House;

public sealed class OptionsTests
{
    [Fact]
    public async Task Rules_are_read_from_the_configuration_lists_and_absent_values_too()
    {
        await using var service = await Service.StartAsync(new()
        {
            ["Rules:StandardPages"] = "5",
            ["Rules:DefaultPlan"] = "Trial",
            ["Rules:ZaloTokenLifetime"] = "",
            ["Rules:FacebookTokenLifetime"] = "60.00:00:00",
            ["Rules:SufficientTasks:0"] = "MODERATE",
            ["Rules:ProviderErrors:0:Provider"] = "Facebook",
            ["Rules:ProviderErrors:0:Code"] = "100",
            ["Rules:ProviderErrors:0:Subcode"] = "33",
            ["Rules:ProviderErrors:0:Meaning"] = "not sure",
            ["Rules:ProviderErrors:1:Provider"] = "Zalo",
            ["Rules:ProviderErrors:1:Code"] = "-999",
            ["Rules:ProviderErrors:1:Signal"] = "PageDeleted",
        });

        var rules = service.Services.GetRequiredService<IOptions<Rules>>().Value;

        Assert.Equal((5, Plan.Trial, null, TimeSpan.FromDays(60)), (rules.StandardPages, rules.DefaultPlan, rules.ZaloTokenLifetime, rules.FacebookTokenLifetime));
        Assert.Equal(["MODERATE"], rules.SufficientTasks);
        Assert.Null(ProviderErrors.Find(Provider.Facebook, 100, 33, "", rules)!.Signal);
        Assert.Equal(Signal.PageDeleted, ProviderErrors.Find(Provider.Zalo, -999, null, "", rules)!.Signal);
    }

    [Theory]
    [InlineData("Rules:TrialLength", "00:00:01")]
    [InlineData("Rules:DefaultPlan", "7")]
    [InlineData("Rules:Retention:Sessions", "0")]
    [InlineData("Rules:WarningBefore", "-1.00:00:00")]
    [InlineData("Rules:ProviderErrors:0:Code", "1")]
    [InlineData("Store:Path", "")]
    [InlineData("Store:KeptCommits", "0")]
    [InlineData("Timer:Interval", "00:00:00")]
    public async Task What_is_out_of_range_is_refused_at_start(string option, string value)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => Service.StartAsync(new() { [option] = value }));

        Assert.Contains(option.Split(':')[1], refused.Message, StringComparison.Ordinal);
    }
}
