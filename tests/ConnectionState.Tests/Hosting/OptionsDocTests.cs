using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ConnectionStateService.Auth;
using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Hosting;
using ConnectionStateService.Hosting.Tls;
using ConnectionStateService.Limits;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>Generates docs/options.md from the XML comments of the options classes.</summary>
public sealed class OptionsDocTests
{
    private static readonly (string Section, Type Type)[] Sections =
    [
        ("Listen", typeof(ListenOptions)),
        ("Listen:ClientCertificates", typeof(ClientCertificateOptions)),
        ("Auth", typeof(AuthOptions)),
        ("Auth:Jwt", typeof(JwtOptions)),
        ("Auth:MerchantTokens", typeof(MerchantTokenOptions)),
        ("Console", typeof(ConsoleOptions)),
        ("Console:ConnectUrls", typeof(ConnectUrlOptions)),
        ("Health", typeof(HealthOptions)),
        ("Limits", typeof(LimitOptions)),
        ("Store", typeof(StoreOptions)),
        ("Store:Redis", typeof(RedisOptions)),
        ("Rules", typeof(Rules)),
        ("Rules:Retention", typeof(RetentionOptions)),
        ("Timer", typeof(TimerOptions)),
        ("Telemetry", typeof(TelemetryOptions)),
        ("Watch", typeof(WatchOptions)),
        ("WatchLists", typeof(WatchListsOptions)),
        ("Feed", typeof(FeedOptions)),
    ];

    private static readonly Dictionary<string, XElement> Comments =
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "ConnectionState.xml")).Descendants("member")
            .ToDictionary(m => (string)m.Attribute("name")!);

    [Fact]
    public void The_options_page_matches_the_options_classes() => GeneratedDoc.AssertCurrent("options.md",
    [
        "# Options",
        "",
        "Set an option on the command line (`--Store:Path=/var/lib/cs.db`), as an environment variable (`Store__Path=...`) or in",
        "`appsettings.json` beside the program. Times are `[days.]hours:minutes:seconds`; a number alone is days. The service checks all options",
        "when it starts. It reports every unknown option, wrong type and value out of range, each in one line, and exits with code 1.",
        "`ASPNETCORE_URLS` and similar variables have no effect; use `Listen`, or `Kestrel:Endpoints` for TLS ([tls.md](tls.md)).",
        "",
        GeneratedDoc.Note,
        .. Sections.SelectMany(s => Describe(s.Section, s.Type)),
    ]);

    [Fact]
    public void Every_section_of_the_configuration_is_on_the_page() =>
        Assert.Equal(ConnectionStateServiceCollectionExtensions.SectionNames.Order(), Sections.Select(s => s.Section.Split(':')[0]).Distinct().Order());

    private static IEnumerable<string> Describe(string section, Type type) =>
    [
        "",
        $"## {section}",
        "",
        Text(Comments[$"T:{type.FullName}"].Element("summary")!),
        "",
        "| option | description | value |",
        "|---|---|---|",
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property =>
        {
            var comment = Comments[$"P:{type.FullName}.{property.Name}"];
            return $"| `{section}:{property.Name}` | {Text(comment.Element("summary")!)} | {Text(comment.Element("value")!)} |";
        }),
    ];

    private static string Text(XElement element)
    {
        var parts = element.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{((string)see.Attribute("cref")!).Split('.')[^1]}`",
            _ => node.ToString(),
        });
        return Regex.Replace(string.Concat(parts), @"\s+", " ").Trim();
    }
}
