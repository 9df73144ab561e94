using System.Reflection;
using System.Runtime.CompilerServices;
using ConnectionStateService.Client;
using ConnectionStateService.Core;
using Mono.Cecil;
using NetArchTest.Rules;

namespace ConnectionStateService.Tests.Architecture;

/// <summary>
/// Which parts may use which: Program -> Hosting -> Rpc, Timers, Canary -> Merchants; Rpc -> Limits -> Auth, Watch, Merchants;
/// Canary -> Watch; Merchants, Watch, Auth -> Store -> Telemetry -> Core.
/// </summary>
public sealed class ArchitectureTests
{
    private const string Root = "ConnectionStateService";

    private static readonly Assembly Server = typeof(MerchantRecord).Assembly;

    [Fact]
    public void Core_depends_only_on_the_framework_and_Stateless()
    {
        string[] allowed = [$"{Root}.Core", "System", "Stateless", "Microsoft.CodeAnalysis", "<PrivateImplementationDetails>"];

        AssertHolds(TypesIn($"{Root}.Core").ShouldNot().HaveDependencyOtherThan(allowed));
        AssertHolds(TypesIn($"{Root}.Core").Should().MeetCustomRule(type => Catches(type, caught => IsWithin(caught, allowed))));
    }

    [Fact]
    public void Core_does_no_input_or_output_and_awaits_nothing() => AssertIndependent(
        TypesIn($"{Root}.Core"), "System.IO", "System.Net", "System.Threading.Tasks", "System.Threading.Thread", "System.Console");

    [Fact]
    public void Core_reads_no_clock_and_no_random_numbers()
    {
        AssertIndependent(
            TypesIn($"{Root}.Core"), "System.TimeProvider", "System.Random", "System.Threading.Timer", "System.Diagnostics.Stopwatch");
        AssertHolds(TypesIn($"{Root}.Core").Should().MeetCustomRule(ReadsNoClockAndNoRandomNumbers));
    }

    [Fact]
    public void Telemetry_depends_only_on_Core() =>
        AssertIndependent(TypesIn($"{Root}.Telemetry"), [.. Layers("Rpc", "Timers", "Hosting", "Watch", "Feed", "Merchants", "Store", "Canary", "Auth", "Limits"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Only_Telemetry_Export_uses_the_SDK_of_OpenTelemetry() =>
        AssertIndependent(TypesOutside($"{Root}.Telemetry.Export"), "OpenTelemetry");

    [Fact]
    public void Canary_depends_on_neither_Rpc_nor_Timers() =>
        AssertIndependent(TypesIn($"{Root}.Canary"), Layers("Rpc", "Timers", "Hosting", "Auth", "Limits"));

    [Fact]
    public void Store_depends_on_no_layer_above_it() =>
        AssertIndependent(TypesIn($"{Root}.Store"), [.. Layers("Rpc", "Timers", "Hosting", "Watch", "Feed", "Merchants", "Canary", "Auth", "Limits"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Merchants_depend_only_on_Store_Telemetry_and_Core() =>
        AssertIndependent(TypesIn($"{Root}.Merchants"), [.. Layers("Rpc", "Timers", "Hosting", "Watch", "Feed", "Canary", "Auth", "Limits"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Watch_depends_only_on_Store_Telemetry_and_Core() =>
        AssertIndependent(TypesIn($"{Root}.Watch"), [.. Layers("Rpc", "Timers", "Hosting", "Merchants", "Canary", "Auth", "Limits"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Feed_depends_only_on_Store_Telemetry_and_Core() =>
        AssertIndependent(TypesIn($"{Root}.Feed"), [.. Layers("Rpc", "Timers", "Hosting", "Watch", "Merchants", "Canary", "Auth", "Limits"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Auth_depends_only_on_Store_and_Core() =>
        AssertIndependent(TypesIn($"{Root}.Auth"), [.. Layers("Rpc", "Timers", "Hosting", "Watch", "Merchants", "Canary", "Limits"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Limits_depend_on_neither_Rpc_nor_Timers() =>
        AssertIndependent(TypesIn($"{Root}.Limits"), [.. Layers("Rpc", "Timers", "Hosting", "Canary"), $"{Root}.V1", "Grpc"]);

    [Fact]
    public void Timers_depend_on_neither_Rpc_nor_Watch() =>
        AssertIndependent(TypesIn($"{Root}.Timers"), Layers("Rpc", "Hosting", "Watch", "Auth", "Limits"));

    [Fact]
    public void Rpc_depends_on_neither_Timers_nor_Hosting() =>
        AssertIndependent(TypesIn($"{Root}.Rpc"), Layers("Timers", "Hosting"));

    [Fact]
    public void Only_Store_Sqlite_uses_SQLite() =>
        AssertIndependent(TypesOutside($"{Root}.Store.Sqlite"), "Microsoft.Data.Sqlite", "SQLitePCL");

    [Fact]
    public void Only_Store_Redis_uses_StackExchange_Redis() =>
        AssertIndependent(TypesOutside($"{Root}.Store.Redis"), "StackExchange");

    [Theory]
    [InlineData("Sqlite")]
    [InlineData("Redis")]
    public void Only_Hosting_chooses_a_store(string store) =>
        AssertIndependent(TypesOutside($"{Root}.Store.{store}", $"{Root}.Hosting"), $"{Root}.Store.{store}");

    [Fact]
    public void Server_and_client_share_only_the_protos()
    {
        var client = typeof(ConnectionStateClient).Assembly;

        Assert.DoesNotContain("ConnectionState", client.GetReferencedAssemblies().Select(a => a.Name));
        Assert.DoesNotContain("ConnectionState.Client", Server.GetReferencedAssemblies().Select(a => a.Name));
        Assert.Contains("ConnectionState.Protos", client.GetReferencedAssemblies().Select(a => a.Name));
    }

    [Theory]
    [InlineData(nameof(PlantedViolations.InBody))]
    [InlineData(nameof(PlantedViolations.InAsyncBody))]
    [InlineData(nameof(PlantedViolations.InLambda))]
    [InlineData(nameof(PlantedViolations.InGenericArgument))]
    [InlineData(nameof(PlantedViolations.InCatchClause))]
    [InlineData(nameof(PlantedViolations.InAttribute))]
    [InlineData(nameof(PlantedViolations.InSignature))]
    [InlineData(nameof(PlantedViolations.InBaseType))]
    public void A_forbidden_dependency_is_found_wherever_it_is_used(string type)
    {
        Assert.Equal([type], FindDependencies(PlantedType(type), $"{Root}.Tests.Architecture.Forbidden").Distinct());
        Assert.Empty(FindDependencies(PlantedType(type), $"{Root}.Tests.Architecture.Other"));
    }

    [Fact]
    public void A_use_of_the_clock_is_found()
    {
        var rule = PlantedType(nameof(PlantedViolations.ReadsClock)).Should().MeetCustomRule(ReadsNoClockAndNoRandomNumbers);

        Assert.False(rule.GetResult().IsSuccessful);
    }

    private static PredicateList TypesIn(string area) =>
        Types.InAssembly(Server).That().ResideInNamespaceMatching(Pattern(area));

    // A list keeps the conditions that it was given: one list per question.
    private static PredicateList PlantedType(string name) => Types.InAssembly(typeof(PlantedViolations).Assembly).That().HaveName(name);

    private static PredicateList TypesOutside(params string[] areas) => Types.InAssembly(Server).That()
        .DoNotResideInNamespaceMatching(string.Join('|', areas.Select(Pattern)));

    private static string Pattern(string area) => $@"^{area.Replace(".", @"\.", StringComparison.Ordinal)}(\.|$)";

    private static string[] Layers(params string[] names) => [.. names.Select(name => $"{Root}.{name}")];

    private static void AssertIndependent(PredicateList types, params string[] forbidden)
    {
        AssertHolds(types.Should().NotHaveDependencyOnAny(forbidden));
        AssertHolds(types.Should().MeetCustomRule(type => Catches(type, caught => !IsWithin(caught, forbidden))));
    }

    private static void AssertHolds(ConditionList rule)
    {
        var result = rule.GetResult();
        Assert.NotEmpty(result.SelectedTypesForTesting);
        Assert.True(
            result.IsSuccessful,
            string.Join(Environment.NewLine, result.FailingTypes.Select(type => $"{type.FullName}: {type.Explanation}")));
    }

    private static IEnumerable<string> FindDependencies(PredicateList types, string forbidden) =>
    [
        .. types.Should().NotHaveDependencyOnAny(forbidden).GetResult().FailingTypes.Select(type => type.Name),
        .. types.Should().MeetCustomRule(type => Catches(type, caught => !IsWithin(caught, forbidden))).GetResult().FailingTypes
            .Select(type => type.Name),
    ];

    // NetArchTest reads signatures, attributes, variables and instructions, but not the types that catch clauses name.
    private static CustomRuleResult Catches(TypeDefinition type, Func<TypeReference, bool> isAllowed)
    {
        var wrong = MethodsOf(type).SelectMany(method => method.Body.ExceptionHandlers)
            .Select(handler => handler.CatchType).FirstOrDefault(caught => caught is not null && !isAllowed(caught));
        return new(wrong is null, $"Catches {wrong}");
    }

    private static CustomRuleResult ReadsNoClockAndNoRandomNumbers(TypeDefinition type)
    {
        string[] forbidden = ["get_Now", "get_UtcNow", "get_Today", "NewGuid", "CreateVersion7", "get_Shared", "GetTimestamp", "get_TickCount64"];
        var wrong = MethodsOf(type).SelectMany(method => method.Body.Instructions).Select(instruction => instruction.Operand)
            .OfType<MethodReference>().FirstOrDefault(called => IsWithin(called.DeclaringType, "System") && forbidden.Contains(called.Name));
        return new(wrong is null, $"Calls {wrong}");
    }

    // The bodies of async methods, iterators and lambdas are in nested types that the compiler generates.
    private static IEnumerable<MethodDefinition> MethodsOf(TypeDefinition type) => type.Methods.Where(method => method.HasBody)
        .Concat(type.NestedTypes.Where(IsCompilerGenerated).SelectMany(MethodsOf));

    private static bool IsCompilerGenerated(TypeDefinition type) =>
        type.CustomAttributes.Any(attribute => attribute.AttributeType.FullName == typeof(CompilerGeneratedAttribute).FullName);

    private static bool IsWithin(TypeReference type, params string[] areas) =>
        areas.Any(area => $"{type.FullName}.".StartsWith($"{area}.", StringComparison.Ordinal));
}
