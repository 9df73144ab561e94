using System.Text.RegularExpressions;
using System.Xml.Linq;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Deploy;

/// <summary>The files in <c>deploy</c> fit the service: their options exist, and ports, probes, users and times agree.</summary>
public sealed class DeployTests : IDisposable
{
    private const string Kubernetes = "deploy/kubernetes";
    private const string Unit = "deploy/systemd/connectionstate.service";

    // The longest stop of the service: half a second for SHUTTING_DOWN, then five for clients that do not read.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(6);

    private static readonly XElement Project = XDocument.Load(Repository.PathOf("src/ConnectionState/ConnectionState.csproj")).Root!;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> YamlFiles =>
        [.. Directory.EnumerateFiles(Repository.PathOf("deploy"), "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file))];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(YamlFiles))]
    public void Every_file_is_YAML_without_a_duplicate_key(string file) => Assert.All(YamlValue.ReadAll(file), document => Assert.NotEmpty(document.Entries));

    [Fact]
    public void Kustomize_names_every_manifest() => Assert.Equal(
        Directory.EnumerateFiles(Repository.PathOf(Kubernetes)).Select(Path.GetFileName).Where(name => name != "kustomization.yaml").Order(),
        YamlValue.ReadAll($"{Kubernetes}/kustomization.yaml")[0]["resources"].Items.Select(item => item.Text).Order());

    [Fact]
    public async Task The_service_starts_with_the_environment_of_Kubernetes()
    {
        var environment = ConfigMap.Entries.ToDictionary(pair => pair.Key, pair => pair.Value.Text);
        foreach (var variable in Container["env"].Items)
        {
            environment[variable["name"].Text] = "redis:6379";
        }

        Assert.Empty(await FindErrorsAsync(environment));
    }

    [Theory]
    [InlineData("connectionstate-1")]
    [InlineData("connectionstate-2")]
    public async Task The_service_starts_with_the_environment_of_compose(string name) =>
        Assert.Empty(await FindErrorsAsync(Compose[$"services.{name}.environment"].Entries.ToDictionary(pair => pair.Key, pair => pair.Value.Text)));

    [Fact]
    public async Task The_service_starts_with_the_environment_of_the_unit_and_of_its_file_with_and_without_the_comments()
    {
        var file = Repository.Read("deploy/systemd/connectionstate.env");

        Assert.Empty(await FindErrorsAsync([.. UnitValues("Environment").Select(Split), .. Variables(file)]));
        Assert.Empty(await FindErrorsAsync([.. UnitValues("Environment").Select(Split), .. Variables(file.Replace("\n#", "\n", StringComparison.Ordinal))]));
    }

    [Fact]
    public async Task The_service_starts_with_the_environment_of_the_image() => Assert.Empty(await FindErrorsAsync(
        [.. ImageVariables.Where(variable => variable.Key != "Listen__Address")]));

    [Fact]
    public async Task An_option_that_does_not_exist_is_found()
    {
        Assert.Single(await FindErrorsAsync([new("Store__Knid", "Redis")]));
        Assert.Single(await FindErrorsAsync([new("Stor__Kind", "Redis")]));
    }

    [Fact]
    public void The_ports_of_all_files_are_those_of_the_image()
    {
        var image = Project.Descendants("ContainerPort").Select(port => (string)port.Attribute("Include")!).Order().ToArray();

        Assert.Equal(["5080", "5081"], image);
        Assert.Equal(image, Container["ports"].Items.Select(port => port["containerPort"].Text).Order());
        Assert.Equal(["grpc 5081", "http 5080"], Container["ports"].Items.Select(port => $"{port["name"].Text} {port["containerPort"].Text}").Order());
        Assert.Equal(5081, new Uri(ConfigMap["Kestrel__Endpoints__Grpc__Url"].Text).Port);
        Assert.Equal(5080, new Uri(ConfigMap["Kestrel__Endpoints__Http__Url"].Text).Port);
        Assert.All(Services, service => Assert.Equal(service["spec.ports.0.name"].Text, service["spec.ports.0.targetPort"].Text));
        Assert.All(
            new[] { "connectionstate-1", "connectionstate-2" },
            name => Assert.Equal(image, Compose[$"services.{name}.ports"].Items.Select(port => port.Text.Split(':')[^1]).Order()));
    }

    [Fact]
    public void The_image_and_its_tag_are_those_that_the_project_builds()
    {
        var version = Regex.Match(Repository.Read("Directory.Build.props"), "<Version>(.*)</Version>").Groups[1].Value;
        var image = $"{(string)Project.Descendants("ContainerRepository").Single()}:{version}";

        Assert.Equal(image, Container["image"].Text);
        Assert.Equal([image, image], new[] { "connectionstate-1", "connectionstate-2" }.Select(name => Compose[$"services.{name}.image"].Text));
    }

    [Fact]
    public void Probes_ask_the_endpoints_that_exist_over_TLS_and_liveness_does_not_depend_on_the_store()
    {
        foreach (var (probe, path) in new[] { ("startupProbe", "/health/live"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") })
        {
            Assert.Equal((path, "http", "HTTPS"), (Container[probe]["httpGet.path"].Text, Container[probe]["httpGet.port"].Text, Container[probe]["httpGet.scheme"].Text));
        }
    }

    [Fact]
    public void Everything_leaves_the_service_the_time_to_stop()
    {
        var kubernetes = TimeSpan.FromSeconds(Pod["terminationGracePeriodSeconds"].Number - Container["lifecycle.preStop.sleep.seconds"].Number);

        Assert.All(
            [kubernetes, Seconds(Compose["services.connectionstate-1.stop_grace_period"].Text), Seconds(UnitValues("TimeoutStopSec").Single() + "s")],
            time => Assert.True(time > LongestStop, $"{time}"));
    }

    [Fact]
    public void The_container_is_not_root_and_writes_nowhere_but_in_its_mounts()
    {
        var user = (string)Project.Descendants("ContainerUser").Single();

        Assert.Equal("true", Pod["securityContext.runAsNonRoot"].Text);
        Assert.Equal((user, user), (Pod["securityContext.runAsUser"].Text, Pod["securityContext.fsGroup"].Text));
        Assert.Equal("true", Container["securityContext.readOnlyRootFilesystem"].Text);
        Assert.Equal("false", Container["securityContext.allowPrivilegeEscalation"].Text);
        Assert.Equal(["ALL"], Container["securityContext.capabilities.drop"].Items.Select(item => item.Text));
        Assert.Equal(("true", $"{user}:{user}"), (Compose["services.connectionstate-1.read_only"].Text, Compose["services.connectionstate-1.user"].Text));
    }

    [Fact]
    public void The_user_of_compose_on_Redis_has_the_documented_permissions()
    {
        var documented = Regex.Match(Repository.Read("docs/redis.md"), "ACL SETUSER connectionstate on >PASSWORD([^`]*)```").Groups[1].Value;
        var user = Compose["configs"].Entries["users.acl"]["content"].Text.Split('\n')[1];

        Assert.Equal(["user", "connectionstate", "on", ">${REDIS_PASSWORD}", .. Words(documented)], Words(user));
    }

    [Fact]
    public void Selectors_spread_and_disruption_budget_name_the_same_processes()
    {
        var labels = Deployment["spec.template.metadata.labels"].Entries["app.kubernetes.io/name"].Text;
        var budget = YamlValue.ReadAll($"{Kubernetes}/poddisruptionbudget.yaml")[0];

        Assert.All(
            [
                Deployment["spec.selector.matchLabels"], budget["spec.selector.matchLabels"],
                .. Services.Select(service => service["spec.selector"]), .. Pod["topologySpreadConstraints"].Items.Select(spread => spread["labelSelector.matchLabels"]),
            ],
            selector => Assert.Equal(labels, selector.Entries["app.kubernetes.io/name"].Text));
        Assert.True(budget["spec.maxUnavailable"].Number < Deployment["spec.replicas"].Number);
    }

    [Fact]
    public void Volumes_and_mounts_agree_and_hold_the_files_that_the_options_name()
    {
        var mounts = Container["volumeMounts"].Items.ToDictionary(mount => mount["name"].Text, mount => mount["mountPath"].Text);

        Assert.Equal(Pod["volumes"].Items.Select(volume => volume["name"].Text).Order(), mounts.Keys.Order());
        Assert.All(
            ConfigMap.Entries.Values.Select(value => value.Text).Where(value => value.StartsWith('/')),
            path => Assert.Contains(Path.GetDirectoryName(path), mounts.Values));
        Assert.Contains("/tmp", mounts.Values);
    }

    private static YamlValue Deployment => YamlValue.ReadAll($"{Kubernetes}/deployment.yaml")[0];

    private static YamlValue Pod => Deployment["spec.template.spec"];

    private static YamlValue Container => Pod["containers.0"];

    private static YamlValue ConfigMap => YamlValue.ReadAll($"{Kubernetes}/configmap.yaml")[0]["data"];

    private static IReadOnlyList<YamlValue> Services => YamlValue.ReadAll($"{Kubernetes}/service.yaml");

    private static YamlValue Compose => YamlValue.ReadAll("deploy/compose/compose.yaml")[0];

    private static IEnumerable<KeyValuePair<string, string>> ImageVariables => Project.Descendants("ContainerEnvironmentVariable")
        .Select(variable => KeyValuePair.Create((string)variable.Attribute("Include")!, (string)variable.Attribute("Value")!));

    private static IEnumerable<string> UnitValues(string name) =>
        Variables(Repository.Read(Unit)).Where(pair => pair.Key == name).Select(pair => pair.Value);

    private static IEnumerable<KeyValuePair<string, string>> Variables(string text) =>
        Regex.Matches(text, @"^(\w+)=(.*)$", RegexOptions.Multiline).Select(line => KeyValuePair.Create(line.Groups[1].Value, line.Groups[2].Value));

    private static KeyValuePair<string, string> Split(string variable) => Variables(variable).Single();

    private static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static TimeSpan Seconds(string text) =>
        TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));

    // The errors that the start would report, with files of this test in place of those that the options name.
    private async Task<IReadOnlyList<string>> FindErrorsAsync(IEnumerable<KeyValuePair<string, string>> environment)
    {
        using var authority = new TestAuthority();
        authority.WriteServer(folder.File("tls.crt"), folder.File("tls.key"));
        await File.WriteAllTextAsync(folder.File("keys.json"), Repository.Read("deploy/compose/keys.example.json"));
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();

        // As on the command line: there every unknown section is an error.
        builder.Configuration.AddCommandLine([.. environment.Select(variable =>
            $"--{variable.Key.Replace("__", ":", StringComparison.Ordinal)}={ToLocal(variable.Value)}").Where(option => !option.StartsWith("--ASPNETCORE_", StringComparison.Ordinal))]);
        builder.Services.AddConnectionState();
        builder.Services.AddKestrelEndpoints();
        await using var app = builder.Build();
        try
        {
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (Exception e) when (StartupErrors.Describe(e) is { } errors)
        {
            return errors;
        }
    }

    private string ToLocal(string value) => value.StartsWith('/') && File.Exists(folder.File(Path.GetFileName(value))) ? folder.File(Path.GetFileName(value)) : value;
}
