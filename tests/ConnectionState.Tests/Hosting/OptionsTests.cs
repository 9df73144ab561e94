using ConnectionStateService.Core;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>Binding and validation of the options at start.</summary>
public sealed class OptionsTests
{
    [Fact]
    public async Task Rules_bind_lists_enums_times_and_empty_values()
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
        Assert.Null(ProviderErrors.Find(Provider.Facebook, 100, 33, ProviderObject.Unspecified, "", rules)!.Signal);
        Assert.Equal(Signal.PageDeleted, ProviderErrors.Find(Provider.Zalo, -999, null, ProviderObject.Unspecified, "", rules)!.Signal);
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
    public async Task A_value_out_of_range_is_refused_at_start(string option, string value)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => Service.StartAsync(new() { [option] = value }));

        Assert.Contains(option.Split(':')[1], refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Store:KeptCommits", "many", "Store:KeptCommits is 'many'; it must be a whole number.")]
    [InlineData("Store:KeptCommits", "", "Store:KeptCommits is ''; it must be a whole number.")]
    [InlineData("Listen:GrpcPort", "99999999999", "Listen:GrpcPort is '99999999999'; it must be a whole number.")]
    [InlineData("Timer:Interval", "soon", "Timer:Interval is 'soon'; it must be a time as [days.]hours:minutes:seconds, such as 00:00:15.")]
    [InlineData(
        "Rules:ZaloTokenLifetime", "never", "Rules:ZaloTokenLifetime is 'never'; it must be a time as [days.]hours:minutes:seconds, such as 00:00:15, or empty.")]
    [InlineData("Rules:OneHolderPerPage", "perhaps", "Rules:OneHolderPerPage is 'perhaps'; it must be true or false.")]
    [InlineData("Rules:ProviderErrors:0:Code", "x", "Rules:ProviderErrors:0:Code is 'x'; it must be a whole number.")]
    [InlineData("Rules:ProviderErrors:0:Sgnal", "x", "Rules:ProviderErrors:0:Sgnal is not an option. Did you mean Rules:ProviderErrors:0:Signal? docs/options.md lists all options.")]
    [InlineData("Store:Kind", "Postgres", "Store:Kind is 'Postgres'; it must be one of Embedded, Redis.")]
    [InlineData("Store:Path:0", "a", "Store:Path:0 is not an option; Store:Path has a single value.")]
    [InlineData("Store:Redis:Time", "1", "Store:Redis:Time is not an option. docs/options.md lists all options.")]
    [InlineData("Store:Redis", "localhost", "Store:Redis is 'localhost'; it must be options of its own, such as Store:Redis:Configuration.")]
    [InlineData(
        "Listen:AllowedOrigins",
        "https://inbox.example",
        "Listen:AllowedOrigins is 'https://inbox.example'; it must be a list: set Listen:AllowedOrigins:0, Listen:AllowedOrigins:1 and so on.")]
    public async Task A_value_of_the_wrong_type_and_an_unknown_option_are_refused_with_what_is_expected(string option, string value, string message)
    {
        var settings = new Dictionary<string, string?> { [option] = value };

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => Service.StartAsync(settings));

        Assert.Contains(message, refused.Failures);
    }

    [Fact]
    public async Task A_value_of_the_wrong_type_in_a_nested_section_does_not_hide_other_errors()
    {
        var failures = await RefusedAsync(new()
        {
            ["Store:Redis:Timeout"] = "abc",
            ["Rules:Retention:Sessions"] = "many",
            ["Listen:HttpPort"] = "70000",
            ["Store:KeptCommits"] = "0",
        });

        Assert.Equal(4, failures.Count);
        Assert.All(
            ["Store:Redis:Timeout is 'abc'", "Rules:Retention:Sessions is 'many'", "Listen:HttpPort is 70000", "Store:KeptCommits is 0"],
            start => Assert.Single(failures, failure => failure.StartsWith(start, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_invalid_Redis_connection_string_is_reported_together_with_other_errors()
    {
        var failures = await RefusedAsync(new()
        {
            ["Store:Kind"] = "Redis",
            ["Store:Redis:Configuration"] = "127.0.0.1:6379,nonsense=1",
            ["Listen:HttpPort"] = "70000",
        });

        Assert.Equal(2, failures.Count);
        Assert.Single(failures, failure => failure.StartsWith("Store:Redis:Configuration is not a valid connection string: ", StringComparison.Ordinal));
        Assert.Single(failures, failure => failure.StartsWith("Listen:HttpPort is 70000", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<string>> RefusedAsync(Dictionary<string, string?> settings)
    {
        var refused = await Record.ExceptionAsync(() => Service.StartAsync(settings));
        return StartupErrors.Describe(Assert.IsAssignableFrom<Exception>(refused))!;
    }
}
